import { Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import type { PoolChange } from "./usePoolChange";

/** What was just done, and the way back; or why it was not done. */
export function ChangeNotice({ change }: { change: PoolChange }) {
  const { t } = useTranslation();
  if (change.error) return <ErrorNotice error={change.error} className="m-2" />;
  return (
    <div role="status" className="flex min-h-9 items-center justify-between gap-3 px-3.5 text-sm">
      <span className="text-muted">{change.done ? change.done.words : t("pools.order_hint")}</span>
      {change.done && (
        <Button size="sm" onClick={change.takeBack}>
          <Undo2 size={14} aria-hidden />
          {t("pools.undo")}
        </Button>
      )}
    </div>
  );
}
