import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ErrorNotice } from "@/components/ErrorNotice";
import { StatusWord } from "@/components/StatusWord";
import { useTotp } from "@/hooks/useAccount";
import { EndTotp } from "./EndTotp";
import { RecoveryCodes } from "./RecoveryCodes";
import { TotpSetup } from "./TotpSetup";

/** The second factor: off, being set up, its recovery codes, on. */
export function TotpCard({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const totp = useTotp();
  const [codes, setCodes] = useState<string[] | null>(null);
  const { data: setup } = totp.begin;
  return (
    <Card
      title={t("account.totp")}
      actions={
        <StatusWord tone={user.has_totp ? "good" : "idle"}>
          {t(user.has_totp ? "account.totp_on" : "account.totp_off")}
        </StatusWord>
      }
    >
      <div className="flex flex-col gap-4 p-3.5">
        {codes ? (
          <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />
        ) : user.has_totp ? (
          <EndTotp user={user} end={totp.end} />
        ) : setup ? (
          <TotpSetup
            setup={setup}
            confirm={totp.confirm}
            onCancel={totp.begin.reset}
            onCodes={(list) => {
              setCodes(list);
              totp.begin.reset();
            }}
          />
        ) : (
          <>
            <p className="text-muted text-sm">{t("account.totp_lead")}</p>
            {totp.begin.isError && <ErrorNotice error={totp.begin.error} />}
            <div>
              <Button look="primary" busy={totp.begin.isPending} onClick={() => totp.begin.mutate()}>
                {t("account.totp_begin")}
              </Button>
            </div>
          </>
        )}
      </div>
    </Card>
  );
}
