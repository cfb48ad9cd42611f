import type { ErrorComponentProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { PageHeader } from "@/components/PageHeader";

/** A page that could not be shown; most often an older build whose files are gone after an update. */
export function PageError({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t("page_error.title")} lead={t("page_error.lead")} />
      <ErrorNotice error={error} className="mb-4" />
      <Button onClick={() => window.location.reload()}>{t("page_error.action")}</Button>
    </>
  );
}
