import { SlidersHorizontal } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { FilterSelect } from "@/components/FilterSelect";
import { CAUSES } from "@/features/errors/catalogue";
import { useFaultTitle } from "@/features/errors/useFaultTitle";
import { RangePicker } from "@/features/range/RangePicker";
import { useNarrow } from "@/hooks/useMedia";
import { useShortcuts } from "@/hooks/useShortcuts";
import { useFormat } from "@/i18n/format";
import { type RequestsSearch, SLOW_MS, TRACE_STATUSES } from "@/routes/search";
import { countOf } from "./views";
import { WhoseFilters } from "./WhoseFilters";

interface FiltersProps {
  filters: RequestsSearch;
  knownKeys: readonly { id: string; name: string }[];
  onChange: (filters: RequestsSearch) => void;
}

/** What the list is narrowed by; `/` jumps here. */
export function Filters({ filters, knownKeys, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultTitle = useFaultTitle();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  // A phone has no room for so many; what is set stays said.
  const [unfolded, setUnfolded] = useState(false);
  const shown = !useNarrow() || unfolded;
  const set = (change: RequestsSearch) => onChange({ ...filters, ...change });
  useShortcuts([
    {
      keys: "/",
      group: "list",
      label: t("requests.to_filters"),
      when: () => box.current !== null,
      run: () => box.current?.querySelector("select")?.focus(),
    },
  ]);
  return (
    <search className="mb-3 flex flex-wrap gap-2">
      <Button
        className="sm:hidden"
        aria-expanded={unfolded}
        aria-controls={shown ? id : undefined}
        onClick={() => setUnfolded(!unfolded)}
      >
        <SlidersHorizontal size={14} aria-hidden />
        {t("requests.filters", { count: countOf(filters) })}
      </Button>
      {shown && (
        <div
          ref={box}
          id={id}
          className="contents max-sm:order-last max-sm:grid max-sm:w-full max-sm:grid-cols-2 max-sm:gap-2"
        >
          <FilterSelect
            label={t("requests.status_column")}
            any={t("requests.any_status")}
            options={TRACE_STATUSES.map((value) => ({ value, label: t(`requests.status.${value}`) }))}
            value={filters.outcome}
            onChange={(value) => set({ outcome: TRACE_STATUSES.find((it) => it === value) })}
          />
          <FilterSelect
            label={t("requests.cause")}
            any={t("requests.any_cause")}
            options={CAUSES.map((value) => ({ value, label: faultTitle({ cause: value }) ?? value }))}
            value={filters.cause}
            onChange={(cause) => set({ cause })}
          />
          <WhoseFilters filters={filters} knownKeys={knownKeys} onChange={set} />
          <FilterSelect
            label={t("requests.route")}
            any={t("requests.any_route")}
            options={[{ value: "failover", label: t("requests.failover_only") }]}
            value={filters.failover && "failover"}
            onChange={(value) => set({ failover: value === undefined ? undefined : true })}
          />
          <FilterSelect
            label={t("requests.duration")}
            any={t("requests.any_duration")}
            options={SLOW_MS.map((ms) => ({
              value: String(ms),
              label: t("requests.slower", { duration: format.duration(ms) }),
            }))}
            value={filters.slower === undefined ? undefined : String(filters.slower)}
            onChange={(value) => set({ slower: value === undefined ? undefined : Number(value) })}
          />
        </div>
      )}
      <RangePicker range={filters} open onChange={set} />
      {countOf(filters) > 0 && (
        <Button look="quiet" onClick={() => onChange({})}>
          {t("requests.clear_filters")}
        </Button>
      )}
    </search>
  );
}
