import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { ErrorNotice } from "@/components/ErrorNotice";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { IncidentBanner } from "@/features/incident/IncidentBanner";
import { AttentionCard } from "@/features/overview/AttentionCard";
import { CapacityCard } from "@/features/overview/CapacityCard";
import { FirstSteps } from "@/features/overview/FirstSteps";
import { HeadlineText } from "@/features/overview/HeadlineText";
import { LastEvents } from "@/features/overview/LastEvents";
import { Numbers } from "@/features/overview/Numbers";
import { OverviewSkeleton } from "@/features/overview/OverviewSkeleton";
import { RunwayCard } from "@/features/overview/RunwayCard";
import { Snippets } from "@/features/overview/Snippets";
import { exampleModel } from "@/features/overview/snippetText";
import { LiveWord } from "@/features/pools/LiveWord";
import { useCapacity } from "@/hooks/useCapacity";
import { useModels } from "@/hooks/useModels";
import { useOverview } from "@/hooks/useOverview";
import { useProviders } from "@/hooks/useProviders";

export default function OverviewPage() {
  const { t } = useTranslation();
  const overview = useOverview();
  const capacity = useCapacity();
  const providers = useProviders();
  const models = useModels();
  const { data } = overview;
  // Together, so that nothing that is there already moves.
  const settled = data !== undefined && (capacity.data !== undefined || capacity.isError);
  return (
    <>
      <PageHeader
        title={t("overview.title")}
        actions={
          <>
            <LiveWord />
            <p className="min-h-4 text-muted text-xs">
              {data && (
                <>
                  {t("common.updated")} <RelativeTime at={data.generated_at} />
                </>
              )}
            </p>
          </>
        }
      />
      {overview.isError && (
        <ErrorNotice error={overview.error} onRetry={() => void overview.refetch()} className="mb-4" />
      )}
      {!settled && !overview.isError && <OverviewSkeleton />}
      {settled && (
        <div className="flex flex-col gap-4">
          <HeadlineText overview={data} capacity={capacity.data} />
          <IncidentBanner incident={data.incident} />
          <FirstSteps checklist={data.checklist} />
          <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            {capacity.data ? (
              <CapacityCard capacity={capacity.data} />
            ) : (
              <Card title={t("overview.capacity.title")} className="min-h-52">
                <ErrorNotice error={capacity.error} onRetry={() => void capacity.refetch()} className="m-3" />
              </Card>
            )}
            <AttentionCard items={data.attention} />
          </div>
          {capacity.data && <RunwayCard capacity={capacity.data} />}
          <Numbers day={data.last_24h} />
          <LastEvents traces={data.recent} providers={providers.data ?? []} />
          <Snippets
            baseUrl={data.base_url}
            model={exampleModel(models.data)}
            open={!data.checklist.first_request_served}
          />
        </div>
      )}
    </>
  );
}
