import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { Facts } from "@/components/Facts";
import { Field } from "@/components/Field";
import { PageHeader } from "@/components/PageHeader";
import { BlurSwitch } from "@/features/shell/BlurSwitch";
import { LanguageSelect } from "@/features/shell/LanguageSelect";
import { ThemeSwitch } from "@/features/shell/ThemeSwitch";
import { useSession } from "@/hooks/useSession";

export default function SettingsPage() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  return (
    <>
      <PageHeader title={t("settings.title")} lead={t("settings.lead")} />
      <div className="grid gap-4 md:grid-cols-2">
        <Card title={t("settings.appearance")}>
          <div className="flex flex-col gap-4 p-3.5">
            <div className="flex max-w-56 flex-col gap-1">
              <p className="font-medium text-sm">{t("shell.theme")}</p>
              <ThemeSwitch />
            </div>
            <div className="max-w-56">
              <Field label={t("shell.language")}>
                <LanguageSelect />
              </Field>
            </div>
            <BlurSwitch />
          </div>
        </Card>
        <Card title={t("settings.session")}>
          <div className="p-3.5">
            {session && (
              <Facts
                facts={[
                  [t("settings.role"), t(`settings.roles.${session.role}`)],
                  [t("settings.tenant"), session.tenant.name],
                  [t("settings.version"), session.version],
                ]}
              />
            )}
          </div>
        </Card>
      </div>
    </>
  );
}
