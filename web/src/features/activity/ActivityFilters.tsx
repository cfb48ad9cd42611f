import { useTranslation } from "react-i18next";
import { SearchBox } from "@/components/SearchBox";
import { RangePicker } from "@/features/range/RangePicker";
import type { ActivitySearch } from "@/routes/search";

interface ActivityFiltersProps {
  filters: ActivitySearch;
  onChange: (filters: ActivitySearch) => void;
}

export function ActivityFilters({ filters, onChange }: ActivityFiltersProps) {
  const { t } = useTranslation();
  const set = (change: ActivitySearch) => onChange({ ...filters, ...change });
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
      <RangePicker range={filters} open onChange={set} />
    </div>
  );
}
