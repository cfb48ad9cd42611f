import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";

export function NoRequests() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("requests.empty_title")}
      action={
        <Link to="/chat" className={buttonClass()}>
          {t("requests.empty_action")}
        </Link>
      }
    >
      {t("requests.empty")}
    </EmptyState>
  );
}
