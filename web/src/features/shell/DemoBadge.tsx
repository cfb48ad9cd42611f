import { useTranslation } from "react-i18next";

/** Says that everything here is simulated. */
export function DemoBadge() {
  const { t } = useTranslation();
  return (
    <span
      title={t("shell.demo_hint")}
      className="rounded-sm bg-warn-soft px-1.5 py-px font-semibold text-warn text-xs"
    >
      {t("shell.demo")}
    </span>
  );
}
