import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import type { useTotp } from "@/hooks/useAccount";
import { Refusal } from "../session/Refusal";
import { useWait } from "../session/useWait";

/** Switches the second factor off, which takes one of the two that one has. */
export function EndTotp({ user, end }: { user: SessionUser; end: ReturnType<typeof useTotp>["end"] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [proof, setProof] = useState("");
  const wait = useWait(end.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (proof === "" || end.isPending || wait > 0) return;
    end.mutate(user.has_password ? { password: proof } : { code: proof.trim() });
  };
  return (
    <>
      <p className="text-muted text-sm">{t("account.totp_is_on")}</p>
      {open ? (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Field label={t(user.has_password ? "account.current_password" : "account.totp_code")}>
            <Input
              type={user.has_password ? "password" : "text"}
              autoComplete={user.has_password ? "current-password" : "one-time-code"}
              value={proof}
              onChange={({ target }) => setProof(target.value)}
            />
          </Field>
          <Refusal error={end.error} wait={wait} />
          <div className="flex gap-2">
            <Button type="submit" look="danger" busy={end.isPending} disabled={proof === "" || wait > 0}>
              {t("account.totp_end")}
            </Button>
            <Button onClick={() => setOpen(false)}>{t("common.cancel")}</Button>
          </div>
        </form>
      ) : (
        <div>
          <Button onClick={() => setOpen(true)}>{t("account.totp_end")}</Button>
        </div>
      )}
    </>
  );
}
