import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { InvitationOffer } from "@/api/access";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { useAcceptInvitation } from "@/hooks/useSession";
import { NewPassword, SHORTEST_PASSWORD } from "../session/NewPassword";

interface AcceptFormProps {
  token: string;
  offer: InvitationOffer;
  onDone: () => void;
}

/** Makes the invited person a user: a name, and a password. */
export function AcceptForm({ token, offer, onDone }: AcceptFormProps) {
  const { t } = useTranslation();
  const [email, setEmail] = useState(offer.email ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const accept = useAcceptInvitation();
  const complete = email.includes("@") && password.length >= SHORTEST_PASSWORD;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!complete || accept.isPending) return;
    const display = name.trim() === "" ? {} : { display_name: name.trim() };
    accept.mutate({ token, email: email.trim(), ...display, password }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("sign_in.email")} hint={offer.email ? t("invite.email_fixed") : t("invite.email_hint")}>
        <Input
          type="email"
          name="email"
          autoComplete="username"
          readOnly={Boolean(offer.email)}
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
      </Field>
      <Field label={t("account.display_name")} hint={t("common.optional")}>
        <Input
          name="name"
          autoComplete="name"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </Field>
      <NewPassword value={password} onChange={setPassword} />
      {accept.isError && <ErrorNotice error={accept.error} />}
      <Button
        type="submit"
        look="primary"
        busy={accept.isPending}
        disabled={!complete}
        className="h-9"
      >
        {t("invite.accept")}
      </Button>
    </form>
  );
}
