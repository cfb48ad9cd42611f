import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/components/Button";
import { PageHeader } from "@/components/PageHeader";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t("not_found.title")} lead={t("not_found.lead")} />
      <Link to="/" className={buttonClass()}>
        {t("not_found.action")}
      </Link>
    </>
  );
}
