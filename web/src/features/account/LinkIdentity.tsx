import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignInMethods } from "@/api/access";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { useLinkIdentity } from "@/hooks/useAccount";
import { Refusal } from "../session/Refusal";
import { useWait } from "../session/useWait";

interface LinkIdentityProps {
  issuer: SignInMethods["oidc"][number];
  hasPassword: boolean;
}

/** Adds a way in, for which one shows that it is oneself. */
export function LinkIdentity({ issuer: { name, label }, hasPassword }: LinkIdentityProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const link = useLinkIdentity();
  const wait = useWait(link.error);
  const begin = () => link.mutate({ issuer: name, ...(hasPassword && { password }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password !== "" && !link.isPending && wait === 0) begin();
  };
  if (!open || !hasPassword)
    return (
      <div className="flex flex-col gap-2">
        <Refusal error={link.error} wait={wait} />
        <div>
          <Button busy={link.isPending} onClick={hasPassword ? () => setOpen(true) : begin}>
            {t("account.way_link", { label })}
          </Button>
        </div>
      </div>
    );
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("account.current_password")} hint={t("account.way_link_lead", { label })}>
        <Input
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </Field>
      <Refusal error={link.error} wait={wait} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={link.isPending} disabled={password === "" || wait > 0}>
          {t("account.way_link_action")}
        </Button>
        <Button onClick={() => setOpen(false)}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
