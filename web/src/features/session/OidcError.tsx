import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";
import { arrivedWith, forgetArrival, signInReason } from "@/hooks/signInReason";

/** Why one did not come in with OpenID Connect, when the gateway sent the browser back with a reason. */
export function OidcError() {
  const { t } = useTranslation();
  const [code] = useState(arrivedWith);
  useEffect(forgetArrival, []);
  if (code === null) return null;
  return <Notice tone="bad">{t(signInReason(code) ?? "sign_in.reason.other")}</Notice>;
}
