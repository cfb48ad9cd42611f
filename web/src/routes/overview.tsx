import { useTranslation } from "react-i18next";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { IncidentBanner } from "@/features/incident/IncidentBanner";
import { FirstSteps } from "@/features/overview/FirstSteps";
import { RecentRequests } from "@/features/overview/RecentRequests";
import { Snippets } from "@/features/overview/Snippets";
import { exampleModel } from "@/features/overview/snippetText";
import { Tiles } from "@/features/overview/Tiles";
import { useModels } from "@/hooks/useModels";
import { useOverview } from "@/hooks/useOverview";

export default function OverviewPage() {
  const { t } = useTranslation();
  const overview = useOverview();
  const models = useModels();
  return (
    <>
      <PageHeader
        title={t("overview.title")}
        lead={t("overview.lead")}
        actions={
          overview.data && (
            <p className="text-muted text-xs">
              {t("common.updated")} <RelativeTime at={overview.data.generated_at} />
            </p>
          )
        }
      />
      <IncidentBanner incident={overview.data?.incident} />
      <Loaded query={overview} lines={8}>
        {(data) => (
          <div className="flex flex-col gap-4">
            <FirstSteps checklist={data.checklist} />
            <Tiles overview={data} />
            <RecentRequests traces={data.recent} />
            <Snippets baseUrl={data.base_url} model={exampleModel(models.data)} />
          </div>
        )}
      </Loaded>
    </>
  );
}
