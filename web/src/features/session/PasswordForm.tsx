import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Refusal } from "@/components/form/Refusal";
import { useWait } from "@/components/form/useWait";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { usePasswordSignIn } from "@/hooks/useSession";

const codeOf = (error: unknown) => (error instanceof ApiError ? error.code : null);

/** E-mail address and password; who has a second factor is asked for its code in a second step. */
export function PasswordForm({ email: known = "" }: { email?: string | undefined }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [second, setSecond] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  const codeInput = useRef<HTMLInputElement>(null);
  const signIn = usePasswordSignIn();
  const wait = useWait(signIn.error);
  useEffect(
    () => (second ? codeInput : known === "" ? first : passwordInput).current?.focus(),
    [second, known],
  );
  const complete = email.trim() !== "" && password !== "" && (!second || code.trim() !== "");
  const back = () => {
    signIn.reset();
    setCode("");
    setSecond(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!complete || signIn.isPending || wait > 0) return;
    const totp = second ? { totp: code.trim() } : {};
    signIn.mutate(
      { email: email.trim(), password, ...totp },
      {
        onError: (error) => {
          if (codeOf(error) === "totp_required") setSecond(true);
          else (second ? codeInput : passwordInput).current?.select();
        },
      },
    );
  };
  // That a code is needed is no mistake; once one was sent, the mistake is in the code.
  const asked = codeOf(signIn.error) === "totp_required" && code === "";
  const wrongCode = second && codeOf(signIn.error) === "invalid_credentials";
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {second ? (
        <>
          <p className="text-muted text-sm">{t("sign_in.second_step", { email: email.trim() })}</p>
          <Field label={t("sign_in.totp")} hint={t("sign_in.totp_hint")}>
            <Input
              ref={codeInput}
              name="totp"
              autoComplete="one-time-code"
              autoCapitalize="none"
              spellCheck={false}
              value={code}
              onChange={({ target }) => setCode(target.value)}
              className="h-9 font-mono"
            />
          </Field>
        </>
      ) : (
        <>
          <Field label={t("sign_in.email")}>
            <Input
              ref={first}
              type="email"
              name="email"
              autoComplete="username"
              value={email}
              onChange={({ target }) => setEmail(target.value)}
              className="h-9"
            />
          </Field>
          <Field label={t("sign_in.password")}>
            <Input
              ref={passwordInput}
              type="password"
              name="password"
              autoComplete="current-password"
              value={password}
              onChange={({ target }) => setPassword(target.value)}
              className="h-9"
            />
          </Field>
        </>
      )}
      {wrongCode ? (
        <Notice tone="bad">{t("sign_in.wrong_code")}</Notice>
      ) : (
        !asked && <Refusal error={signIn.error} wait={wait} />
      )}
      <Button
        type="submit"
        look="primary"
        busy={signIn.isPending}
        disabled={!complete || wait > 0}
        className="h-9"
      >
        {t("sign_in.action")}
      </Button>
      {second && (
        <Button look="quiet" size="sm" className="-mt-2 -ml-2 self-start" onClick={back}>
          {t("sign_in.other_account")}
        </Button>
      )}
    </form>
  );
}
