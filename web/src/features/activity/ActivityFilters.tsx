import { useTranslation } from "react-i18next";
import { Select } from "@/components/inputs";
import { SearchBox } from "@/components/SearchBox";
import { type ActivitySearch, PERIODS } from "@/routes/search";
import { TimeRange } from "../requests/TimeRange";

const CHOSEN = "range";

interface ActivityFiltersProps {
  filters: ActivitySearch;
  onChange: (filters: ActivitySearch) => void;
}

export function ActivityFilters({ filters, onChange }: ActivityFiltersProps) {
  const { t } = useTranslation();
  const set = (change: ActivitySearch) => onChange({ ...filters, ...change });
  const range = filters.from !== undefined || filters.to !== undefined;
  const choosePeriod = (value: string) => {
    const period = PERIODS.find((it) => it === value);
    const from = value === CHOSEN ? new Date(Date.now() - 3_600_000).toISOString() : undefined;
    set({ period, from, to: undefined });
  };
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      {(["actor", "action", "object"] as const).map((name) => (
        <SearchBox
          key={name}
          label={t(`activity.${name}`)}
          value={filters[name] ?? ""}
          onChange={(text) => set({ [name]: text || undefined })}
        />
      ))}
      <Select
        aria-label={t("requests.time")}
        value={filters.period ?? (range ? CHOSEN : "")}
        onChange={({ target }) => choosePeriod(target.value)}
      >
        <option value="">{t("requests.any_time")}</option>
        {PERIODS.map((period) => (
          <option key={period} value={period}>
            {t(`requests.period.${period}`)}
          </option>
        ))}
        <option value={CHOSEN}>{t("requests.range")}</option>
      </Select>
      {range && !filters.period && <TimeRange from={filters.from} to={filters.to} onChange={set} />}
    </div>
  );
}
