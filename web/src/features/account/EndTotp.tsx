import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import type { useTotp } from "@/hooks/useAccount";

/** Switches the second factor off, which takes one of the two that one has. */
export function EndTotp({ user, end }: { user: SessionUser; end: ReturnType<typeof useTotp>["end"] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { draft, guard, set, saved, clear } = useDraft(() => ({ proof: "" }), end);
  const wrong = usePlaced(end.error, ["password", "code"]);
  const { proof } = draft;
  const body = user.has_password ? { password: proof } : { code: proof.trim() };
  const close = () => {
    clear();
    end.reset();
    setOpen(false);
  };
  return (
    <>
      <p className="text-muted text-sm">{t("account.totp_is_on")}</p>
      {open ? (
        <Form
          save={end}
          wrong={wrong}
          guard={guard}
          complete={proof !== ""}
          look="danger"
          action={t("account.totp_end")}
          onSave={() => end.mutate(body, { onSuccess: saved })}
          onClose={close}
        >
          <Field
            label={t(user.has_password ? "account.current_password" : "account.totp_code")}
            errors={[...wrong.at.password, ...wrong.at.code]}
          >
            <Input
              type={user.has_password ? "password" : "text"}
              autoComplete={user.has_password ? "current-password" : "one-time-code"}
              value={proof}
              onChange={({ target }) => set({ proof: target.value })}
            />
          </Field>
        </Form>
      ) : (
        <div>
          <Button onClick={() => setOpen(true)}>{t("account.totp_end")}</Button>
        </div>
      )}
    </>
  );
}
