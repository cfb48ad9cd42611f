import { useTranslation } from "react-i18next";
import type { TotpSetup as Setup } from "@/api/access";
import { buttonClass } from "@/components/Button";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
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
  const { draft, guard, set, clear } = useDraft(() => ({ code: "" }), confirm);
  const wrong = usePlaced(confirm.error, ["code"]);
  const digits = draft.code.replace(/\s/g, "");
  const onSuccess = (codes: string[]) => {
    clear();
    onCodes(codes);
  };
  return (
    <Form
      save={confirm}
      wrong={wrong}
      guard={guard}
      complete={digits !== ""}
      action={t("account.totp_confirm")}
      onSave={() => confirm.mutate(digits, { onSuccess })}
      onClose={onCancel}
    >
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
      <Field label={t("account.totp_code")} hint={t("account.totp_code_hint")} errors={wrong.at.code}>
        <Input
          inputMode="numeric"
          autoComplete="one-time-code"
          value={draft.code}
          onChange={({ target }) => set({ code: target.value })}
          className="max-w-40 font-mono"
        />
      </Field>
    </Form>
  );
}
