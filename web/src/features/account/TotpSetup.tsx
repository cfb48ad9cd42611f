import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TotpSetup as Setup } from "@/api/access";
import { Button, buttonClass } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { SecretLine } from "@/components/ShownOnce";
import type { useTotp } from "@/hooks/useAccount";
import { QrCode } from "./QrCode";

interface TotpSetupProps {
  setup: Setup;
  confirm: ReturnType<typeof useTotp>["confirm"];
  onCodes: (codes: string[]) => void;
  onCancel: () => void;
}

/** The secret for the app, and a code from the app as the proof that it has it. */
export function TotpSetup({ setup, confirm, onCodes, onCancel }: TotpSetupProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const digits = code.replace(/\s/g, "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (digits !== "" && !confirm.isPending) confirm.mutate(digits, { onSuccess: onCodes });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p className="text-sm">{t("account.totp_scan")}</p>
      <QrCode text={setup.otpauth_url} label={t("account.totp_qr")} />
      <div className="flex flex-col gap-1">
        <p className="font-medium text-sm">{t("account.totp_secret")}</p>
        <SecretLine label={t("account.totp_secret")} value={setup.secret} />
      </div>
      <div>
        <a href={setup.otpauth_url} className={buttonClass("plain", "sm")}>
          {t("account.totp_open")}
        </a>
      </div>
      <Field label={t("account.totp_code")} hint={t("account.totp_code_hint")}>
        <Input
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={({ target }) => setCode(target.value)}
          className="max-w-40 font-mono"
        />
      </Field>
      {confirm.isError && <ErrorNotice error={confirm.error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={confirm.isPending} disabled={digits === ""}>
          {t("account.totp_confirm")}
        </Button>
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
