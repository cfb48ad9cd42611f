import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { InvitationOffer } from "@/api/access";
import { ApiError } from "@/api/errors";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { useAcceptInvitation } from "@/hooks/useSession";
import { NewPassword, SHORTEST_PASSWORD } from "../session/NewPassword";
import { Refusal } from "../session/Refusal";
import { useWait } from "../session/useWait";

interface AcceptFormProps {
  token: string;
  offer: InvitationOffer;
  onDone: () => void;
}

/** Makes the invited person a user: a name, and a password. Who has an account already shows that it is theirs. */
export function AcceptForm({ token, offer, onDone }: AcceptFormProps) {
  const { t } = useTranslation();
  const [email, setEmail] = useState(offer.email ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const accept = useAcceptInvitation();
  const wait = useWait(accept.error);
  const second = useRef(false);
  const asked = accept.error instanceof ApiError && accept.error.code === "totp_required";
  // Once a code was asked for, its field stays.
  second.current ||= asked;
  const complete = email.includes("@") && password.length >= SHORTEST_PASSWORD && wait === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!complete || accept.isPending) return;
    const display = name.trim() === "" ? {} : { display_name: name.trim() };
    const totp = code.trim() === "" ? {} : { totp: code.trim() };
    accept.mutate({ token, email: email.trim(), ...display, password, ...totp }, { onSuccess: onDone });
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
      {second.current && (
        <Field label={t("sign_in.totp")} hint={t("sign_in.totp_hint")}>
          <Input
            name="totp"
            autoComplete="one-time-code"
            value={code}
            onChange={({ target }) => setCode(target.value)}
            className="font-mono"
          />
        </Field>
      )}
      {!asked && <Refusal error={accept.error} wait={wait} />}
      <Button type="submit" look="primary" busy={accept.isPending} disabled={!complete} className="h-9">
        {t("invite.accept")}
      </Button>
    </form>
  );
}
