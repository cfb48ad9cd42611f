import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Notice } from "@/components/Notice";
import { saveFile } from "@/hooks/saveFile";

/** The way in without the app. They are shown this once. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const text = `${codes.join("\n")}\n`;
  const save = () => saveFile(new Blob([text], { type: "text/plain" }), "gateway-recovery-codes.txt");
  return (
    <>
      <Notice tone="good">{t("account.totp_done")}</Notice>
      <Notice tone="warn">{t("account.recovery_lead")}</Notice>
      <ul aria-label={t("account.recovery")} className="grid gap-1 font-mono text-sm sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <CopyButton text={text} what={t("account.recovery")} />
        <Button size="sm" onClick={save}>
          {t("account.recovery_save")}
        </Button>
        <Button size="sm" look="primary" onClick={onDone}>
          {t("account.recovery_stored")}
        </Button>
      </div>
    </>
  );
}
