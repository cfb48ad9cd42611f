import { useTranslation } from "react-i18next";
import { Input } from "@/components/inputs";
import { fromLocalInput, toLocalInput } from "./localTime";

interface TimeRangeProps {
  from: string | undefined;
  to: string | undefined;
  onChange: (change: { from?: string | undefined; to?: string | undefined }) => void;
}

/** From when and until when, in the viewer's own time. */
export function TimeRange({ from, to, onChange }: TimeRangeProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Input
        type="datetime-local"
        aria-label={t("requests.from")}
        className="w-auto!"
        value={toLocalInput(from)}
        onChange={({ target }) => onChange({ from: fromLocalInput(target.value), to })}
      />
      <span aria-hidden className="text-muted">
        –
      </span>
      <Input
        type="datetime-local"
        aria-label={t("requests.to")}
        className="w-auto!"
        value={toLocalInput(to)}
        onChange={({ target }) => onChange({ from, to: fromLocalInput(target.value) })}
      />
    </div>
  );
}
