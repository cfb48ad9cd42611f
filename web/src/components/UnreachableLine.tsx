import { useTranslation } from "react-i18next";
import { useOnline, useReachable } from "@/hooks/useReachable";

/** In a window, which covers what the page says of it: that the gateway does not answer. */
export function UnreachableLine() {
  const { t } = useTranslation();
  const reachable = useReachable();
  const online = useOnline();
  if (reachable) return null;
  return (
    <p role="status" className="border-line border-b bg-warn-soft px-5 py-2 text-sm text-warn">
      <strong>{t(online ? "connection.title" : "connection.offline")}</strong> {t("connection.kept")}
    </p>
  );
}
