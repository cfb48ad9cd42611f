import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";

const NAME = "sign_in_error";

/** Why the sign-in at an OpenID provider failed, as the gateway wrote it into the address it came back to. */
export function OidcError() {
  const { t } = useTranslation();
  const [reason] = useState(() => new URLSearchParams(window.location.search).get(NAME));
  if (!reason) return null;
  return <Notice tone="bad">{t("sign_in.oidc_failed", { reason })}</Notice>;
}
