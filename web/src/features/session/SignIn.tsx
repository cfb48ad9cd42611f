import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/components/Button";
import { Door } from "./Door";
import { OidcError } from "./OidcError";
import { SignInWays } from "./SignInWays";

/** Asks who somebody is. What they type is sent once and kept nowhere: the session is a cookie no script can read. */
export default function SignIn() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t("sign_in.title")} · gateway`;
  }, [t]);
  return (
    <Door>
      <div className="flex flex-col gap-4">
        <h1 className="font-semibold text-xl tracking-tight">{t("sign_in.title")}</h1>
        <OidcError />
        <SignInWays />
        <Link to="/me" className={`${buttonClass("quiet", "sm")} -mt-3 -ml-2 self-start`}>
          {t("sign_in.key_holder")}
        </Link>
      </div>
    </Door>
  );
}
