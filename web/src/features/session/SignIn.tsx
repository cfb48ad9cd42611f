import { Link, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignInMethods } from "@/api/access";
import { oidcAddress } from "@/api/session";
import { Button, buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Skeleton";
import { useSignInMethods } from "@/hooks/useSession";
import { Door } from "./Door";
import { OidcError } from "./OidcError";
import { PasswordForm } from "./PasswordForm";
import { TokenForm } from "./TokenForm";

/** The way that always works, when the gateway doesn't say which others there are. */
const TOKEN_ONLY: SignInMethods = { password: false, token: true, oidc: [], needs_owner: false };

/** Asks who somebody is. What they type is sent once and kept nowhere: the session is a cookie no script can read. */
export default function SignIn() {
  const { t } = useTranslation();
  const methods = useSignInMethods();
  useEffect(() => {
    document.title = `${t("sign_in.title")} · gateway`;
  }, [t]);
  const known = methods.data ?? (methods.isError ? TOKEN_ONLY : null);
  return (
    <Door>
      <div className="flex flex-col gap-4">
        <h1 className="font-semibold text-xl tracking-tight">{t("sign_in.title")}</h1>
        <OidcError />
        {known ? <Ways methods={known} /> : <Skeleton lines={3} />}
      </div>
    </Door>
  );
}

function Ways({ methods }: { methods: SignInMethods }) {
  const { t } = useTranslation();
  // Without an owner there is most often nobody yet; who was invited before still finds the other way.
  const page = useRouterState({ select: ({ location }) => location.href });
  const [token, setToken] = useState(!methods.password || (methods.needs_owner && methods.token));
  return (
    <>
      {methods.needs_owner && <Notice tone="idle">{t("sign_in.needs_owner")}</Notice>}
      {methods.oidc.length > 0 && (
        <ul className="flex flex-col gap-2">
          {methods.oidc.map(({ name, label }) => (
            <li key={name}>
              {/* A whole page load: the gateway sends the browser on to the provider. */}
              <a href={oidcAddress(name, page)} className={`${buttonClass()} h-9 w-full`}>
                {t("sign_in.with", { label })}
              </a>
            </li>
          ))}
        </ul>
      )}
      {methods.oidc.length > 0 && (
        <p className="flex items-center gap-3 text-muted text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          {t("sign_in.or")}
        </p>
      )}
      {token ? <TokenForm /> : <PasswordForm />}
      <div className="flex flex-col items-start gap-1">
        {methods.password && methods.token && (
          <Button look="quiet" size="sm" className="-ml-2" onClick={() => setToken(!token)}>
            {t(token ? "sign_in.use_password" : "sign_in.use_token")}
          </Button>
        )}
        <Link to="/me" className={`${buttonClass("quiet", "sm")} -ml-2`}>
          {t("sign_in.key_holder")}
        </Link>
      </div>
    </>
  );
}
