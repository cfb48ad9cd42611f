import { useTranslation } from "react-i18next";
import { Select } from "@/components/inputs";
import { withCurrent } from "@/components/withCurrent";
import { PERIODS, type RequestsSearch, TRACE_STATUSES } from "@/routes/search";
import { TimeRange } from "./TimeRange";

interface NamesProps {
  label: string;
  any: string;
  names: string[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One of these names, or any; a name from the address stays choosable. */
function Names({ label, any, names, value = "", onChange }: NamesProps) {
  return (
    <Select
      aria-label={label}
      value={value}
      className="max-w-48"
      onChange={({ target }) => onChange(target.value || undefined)}
    >
      <option value="">{any}</option>
      {withCurrent(names, value).map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Select>
  );
}

const CHOSEN = "range";

interface FiltersProps {
  filters: RequestsSearch;
  accounts: string[];
  agents: string[];
  models: string[];
  onChange: (filters: RequestsSearch) => void;
}

export function Filters({ filters, accounts, agents, models, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const set = (change: RequestsSearch) => onChange({ ...filters, ...change });
  const range = filters.from !== undefined || filters.to !== undefined;
  const choosePeriod = (value: string) => {
    const period = PERIODS.find((it) => it === value);
    const from = value === CHOSEN ? new Date(Date.now() - 3_600_000).toISOString() : undefined;
    set({ period, from, to: undefined });
  };
  return (
    <search className="mb-4 flex flex-wrap gap-2">
      <Names
        label={t("requests.account")}
        any={t("requests.any_account")}
        names={accounts}
        value={filters.account}
        onChange={(account) => set({ account })}
      />
      <Names
        label={t("requests.agent")}
        any={t("requests.any_agent")}
        names={agents}
        value={filters.agent}
        onChange={(agent) => set({ agent })}
      />
      <Names
        label={t("requests.model")}
        any={t("requests.any_model")}
        names={models}
        value={filters.model}
        onChange={(model) => set({ model })}
      />
      <Select
        aria-label={t("requests.status_column")}
        value={filters.outcome ?? ""}
        onChange={({ target }) => set({ outcome: TRACE_STATUSES.find((it) => it === target.value) })}
      >
        <option value="">{t("requests.any_status")}</option>
        {TRACE_STATUSES.map((status) => (
          <option key={status} value={status}>
            {t(`requests.status.${status}`)}
          </option>
        ))}
      </Select>
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
    </search>
  );
}
