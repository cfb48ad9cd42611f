import { useTranslation } from "react-i18next";

/** Said plainly wherever accounts are connected. */
export function TermsNotice() {
  const { t } = useTranslation();
  return (
    <p className="mb-4 max-w-3xl border-warn border-l-2 pl-3 text-muted text-sm">{t("providers.terms")}</p>
  );
}
