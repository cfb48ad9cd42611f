import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Refusal } from "@/components/form/Refusal";
import { useWait } from "@/components/form/useWait";
import { Input } from "@/components/inputs";
import { Rich } from "@/components/Rich";
import { useSignIn } from "@/hooks/useSession";

/** Asks for the gateway's own token. */
export function TokenForm() {
  const { t } = useTranslation();
  const [token, setToken] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const signIn = useSignIn();
  const wait = useWait(signIn.error);
  useEffect(() => input.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() === "" || signIn.isPending || wait > 0) return;
    signIn.mutate(token.trim(), { onError: () => input.current?.select() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("sign_in.token")} hint={<Rich text={t("sign_in.hint")} />}>
        <Input
          ref={input}
          type="password"
          name="token"
          autoComplete="current-password"
          spellCheck={false}
          value={token}
          onChange={(event) => setToken(event.target.value)}
          className="h-9 font-mono"
        />
      </Field>
      <Refusal error={signIn.error} wait={wait} />
      <Button
        type="submit"
        look="primary"
        busy={signIn.isPending}
        disabled={token.trim() === "" || wait > 0}
        className="h-9"
      >
        {t("sign_in.action")}
      </Button>
    </form>
  );
}
