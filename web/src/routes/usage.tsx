import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { RangePicker } from "@/features/range/RangePicker";
import { isNarrowed } from "@/features/requests/views";
import { WhoseFilters } from "@/features/requests/WhoseFilters";
import { ExportUsage } from "@/features/usage/ExportUsage";
import { UsageView } from "@/features/usage/UsageView";
import { useUsage, whoseOf } from "@/hooks/useUsage";
import type { UsageSearch, WhoseSearch } from "./search";

const route = getRouteApi("/usage");

export default function UsagePage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { by = "account", measure = "requests" } = search;
  const told = JSON.stringify(whoseOf(search));
  const filters = useMemo((): WhoseSearch => {
    const asked = JSON.parse(told) as WhoseSearch;
    // Without a word on the time it is the last week.
    return asked.period || asked.from || asked.to ? asked : { ...asked, period: "7d" };
  }, [told]);
  const usage = useUsage(filters, by);
  const set = (change: UsageSearch) =>
    void navigate({ search: { ...search, ...change }, resetScroll: false });
  const { period: _period, from: _from, to: _to, ...whose } = whoseOf(search);
  return (
    <>
      <PageHeader
        title={t("usage.title")}
        lead={t("usage.lead")}
        actions={
          <>
            {usage.data && (
              <p className="text-muted text-xs">
                {t("common.updated")} <RelativeTime at={usage.data.generated_at} />
              </p>
            )}
            <ExportUsage filters={filters} by={by} />
          </>
        }
      />
      <search className="mb-4 grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
        <div className="col-span-2">
          <RangePicker range={filters} steps onChange={set} />
        </div>
        <WhoseFilters filters={filters} onChange={set} />
        {isNarrowed(whose) && (
          <Button
            look="quiet"
            onClick={() => set({ account: undefined, agent: undefined, key: undefined, model: undefined })}
          >
            {t("requests.clear_filters")}
          </Button>
        )}
      </search>
      <UsageView usage={usage} filters={filters} by={by} measure={measure} onChange={set} />
    </>
  );
}
