import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { Rich } from "@/components/Rich";
import { useSignIn } from "@/hooks/useSession";
import { LanguageSelect } from "../shell/LanguageSelect";
import { ThemeSwitch } from "../shell/ThemeSwitch";
import { Wordmark } from "../shell/Wordmark";

/** Asks for the gateway's token. It is sent once and kept nowhere: the session is a cookie no script can read. */
export function SignIn() {
  const { t } = useTranslation();
  const [token, setToken] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const signIn = useSignIn();
  useEffect(() => {
    document.title = `${t("sign_in.title")} · gateway`;
    input.current?.focus();
  }, [t]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() === "" || signIn.isPending) return;
    signIn.mutate(token.trim(), { onError: () => input.current?.select() });
  };
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center gap-6 px-4 py-10">
      <Wordmark />
      <form onSubmit={submit} className="flex flex-col gap-4">
        <h1 className="font-semibold text-xl tracking-tight">{t("sign_in.title")}</h1>
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
        {signIn.isError && <ErrorNotice error={signIn.error} />}
        <Button
          type="submit"
          look="primary"
          busy={signIn.isPending}
          disabled={token.trim() === ""}
          className="h-9"
        >
          {t("sign_in.action")}
        </Button>
      </form>
      <div className="flex items-center gap-2 border-line border-t pt-4">
        <div className="flex-1">
          <LanguageSelect />
        </div>
        <div className="w-28">
          <ThemeSwitch />
        </div>
      </div>
    </main>
  );
}
