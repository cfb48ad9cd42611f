import { useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignInMethods } from "@/api/access";
import { oidcAddress } from "@/api/session";
import type { Session } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Skeleton";
import { useSignInMethods } from "@/hooks/useSession";
import { PasswordForm } from "./PasswordForm";
import { TokenForm } from "./TokenForm";

/** The way that always works, when the gateway doesn't say which others there are. */
const TOKEN_ONLY: SignInMethods = { password: false, token: true, oidc: [], needs_owner: false };

interface SignInWaysProps {
  /** Whose session has ended: they sign in over their page, which must not be left for it. */
  again?: Session;
}

/** The ways in that this gateway has. */
export function SignInWays({ again }: SignInWaysProps) {
  const methods = useSignInMethods();
  const known = methods.data ?? (methods.isError ? TOKEN_ONLY : null);
  return known ? <Ways methods={known} again={again} /> : <Skeleton lines={3} />;
}

/** Who came by the token comes by it again; without an owner there is most often nobody yet. */
function tokenFirst({ password, token, needs_owner }: SignInMethods, again: Session | undefined): boolean {
  if (!password) return true;
  return token && (again ? !again.user : needs_owner);
}

function Ways({ methods, again }: { methods: SignInMethods; again: Session | undefined }) {
  const { t } = useTranslation();
  const page = useRouterState({ select: ({ location }) => location.href });
  const [token, setToken] = useState(tokenFirst(methods, again));
  return (
    <>
      {methods.needs_owner && !again && <Notice tone="idle">{t("sign_in.needs_owner")}</Notice>}
      {methods.oidc.length > 0 && (
        <>
          <ul className="flex flex-col gap-2">
            {methods.oidc.map(({ name, label }) => (
              <li key={name}>
                {/* A whole page load: the gateway sends the browser on to the provider. */}
                <a
                  href={oidcAddress(name, page)}
                  {...(again && { target: "_blank", rel: "noopener" })}
                  className={`${buttonClass()} h-9 w-full`}
                >
                  {t("sign_in.with", { label })}
                </a>
              </li>
            ))}
          </ul>
          {again && <p className="-mt-2 text-muted text-xs">{t("sign_in.again_tab")}</p>}
          <p className="flex items-center gap-3 text-muted text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            {t("sign_in.or")}
          </p>
        </>
      )}
      {token ? <TokenForm /> : <PasswordForm email={again?.user?.email} />}
      {methods.password && methods.token && (
        <Button look="quiet" size="sm" className="-ml-2 self-start" onClick={() => setToken(!token)}>
          {t(token ? "sign_in.use_password" : "sign_in.use_token")}
        </Button>
      )}
    </>
  );
}
