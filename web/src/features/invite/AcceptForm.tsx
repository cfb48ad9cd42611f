import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { InvitationOffer } from "@/api/access";
import { ApiError } from "@/api/errors";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import { useAcceptInvitation } from "@/hooks/useSession";
import { NewPassword, SHORTEST_PASSWORD } from "../session/NewPassword";

interface AcceptFormProps {
  token: string;
  offer: InvitationOffer;
  onDone: () => void;
}

/** Makes the invited person a user: a name, and a password. Who has an account already shows that it is theirs. */
export function AcceptForm({ token, offer, onDone }: AcceptFormProps) {
  const { t } = useTranslation();
  const accept = useAcceptInvitation();
  const { draft, guard, set, saved } = useDraft(
    () => ({ email: offer.email ?? "", name: "", password: "", code: "" }),
    accept,
  );
  const second = useRef(false);
  const asked = accept.error instanceof ApiError && accept.error.code === "totp_required";
  // Once a code was asked for, its field stays; that it is asked for is no mistake.
  second.current ||= asked;
  const save = { isPending: accept.isPending, error: asked ? null : accept.error };
  const wrong = usePlaced(save.error, ["email", "password"]);
  const [email, name, code] = [draft.email.trim(), draft.name.trim(), draft.code.trim()];
  const body = {
    token,
    email,
    ...(name !== "" && { display_name: name }),
    password: draft.password,
    ...(code !== "" && { totp: code }),
  };
  const onSuccess = () => {
    saved();
    onDone();
  };
  return (
    <Form
      save={save}
      wrong={wrong}
      guard={guard}
      complete={email.includes("@") && draft.password.length >= SHORTEST_PASSWORD}
      action={t("invite.accept")}
      onSave={() => accept.mutate(body, { onSuccess })}
    >
      <Field
        label={t("sign_in.email")}
        hint={offer.email ? t("invite.email_fixed") : t("invite.email_hint")}
        errors={wrong.at.email}
      >
        <Input
          type="email"
          name="email"
          autoComplete="username"
          readOnly={Boolean(offer.email)}
          value={draft.email}
          onChange={({ target }) => set({ email: target.value })}
        />
      </Field>
      <Field label={t("account.display_name")} hint={t("common.optional")}>
        <Input
          name="name"
          autoComplete="name"
          value={draft.name}
          onChange={({ target }) => set({ name: target.value })}
        />
      </Field>
      <NewPassword
        value={draft.password}
        onChange={(password) => set({ password })}
        errors={wrong.at.password}
      />
      {second.current && (
        <Field label={t("sign_in.totp")} hint={t("sign_in.totp_hint")}>
          <Input
            name="totp"
            autoComplete="one-time-code"
            value={draft.code}
            onChange={({ target }) => set({ code: target.value })}
            className="font-mono"
          />
        </Field>
      )}
    </Form>
  );
}
