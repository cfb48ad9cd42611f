import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignInMethods } from "@/api/access";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { Refusal } from "@/components/form/Refusal";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { useWait } from "@/components/form/useWait";
import { Input } from "@/components/inputs";
import { useLinkIdentity } from "@/hooks/useAccount";

interface LinkIdentityProps {
  issuer: SignInMethods["oidc"][number];
  hasPassword: boolean;
}

/** Adds a way in, for which one shows that it is oneself. */
export function LinkIdentity({ issuer: { name, label }, hasPassword }: LinkIdentityProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const link = useLinkIdentity();
  const wait = useWait(link.error);
  const { draft, guard, set, saved, clear } = useDraft(() => ({ password: "" }), link);
  const wrong = usePlaced(link.error, ["password"]);
  if (!open || !hasPassword)
    return (
      <div className="flex flex-col gap-2">
        <Refusal error={link.error} wait={wait} />
        <div>
          <Button
            busy={link.isPending}
            onClick={hasPassword ? () => setOpen(true) : () => link.mutate({ issuer: name })}
          >
            {t("account.way_link", { label })}
          </Button>
        </div>
      </div>
    );
  const begin = () => {
    // The page is left for the issuer's, on purpose.
    saved();
    link.mutate({ issuer: name, password: draft.password });
  };
  const close = () => {
    clear();
    link.reset();
    setOpen(false);
  };
  return (
    <Form
      save={link}
      wrong={wrong}
      guard={guard}
      complete={draft.password !== ""}
      action={t("account.way_link_action")}
      onSave={begin}
      onClose={close}
    >
      <Field
        label={t("account.current_password")}
        hint={t("account.way_link_lead", { label })}
        errors={wrong.at.password}
      >
        <Input
          type="password"
          autoComplete="current-password"
          value={draft.password}
          onChange={({ target }) => set({ password: target.value })}
        />
      </Field>
    </Form>
  );
}
