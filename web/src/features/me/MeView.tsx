import { useTranslation } from "react-i18next";
import type { Me } from "@/api/access";
import { Card } from "@/components/Card";
import { Facts } from "@/components/Facts";
import { Notice } from "@/components/Notice";
import { RelativeTime } from "@/components/RelativeTime";
import { Allowed } from "../keys/Allowed";
import { KeyStateWord } from "../keys/KeyStateWord";
import { LimitBars } from "../keys/LimitBars";
import { UsageCard } from "./UsageCard";

/** Who one is to the gateway, what one used, and what is left. There is nothing to change here. */
export function MeView({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { key } = me;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title={me.name}>
        <div className="flex flex-col gap-2 p-3.5">
          <Facts
            facts={[
              [t("me.kind_label"), t(`me.kind.${me.kind}`)],
              [t("settings.role"), t(`settings.roles.${me.role}`)],
              [t("settings.tenant"), me.tenant.name],
              [t("keys.state_column"), key && <KeyStateWord state={key.state} />],
              [t("keys.expires"), key?.expires_at && <RelativeTime at={key.expires_at} />],
              [t("keys.last_used"), key?.last_used_at && <RelativeTime at={key.last_used_at} />],
            ]}
          />
          {key && <Allowed apiKey={key} />}
        </div>
      </Card>
      {key && (
        <Card title={t("keys.limits")}>
          <div className="p-3.5">
            <LimitBars limits={key.limits} />
          </div>
        </Card>
      )}
      {!key && <Notice tone="idle">{t("me.by_key")}</Notice>}
      {me.usage && (
        <div className="lg:col-span-2">
          <UsageCard usage={me.usage} />
        </div>
      )}
    </div>
  );
}
