import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import type { useRequests } from "@/hooks/useRequests";

interface NoneMatchProps {
  requests: ReturnType<typeof useRequests>;
  onClear: () => void;
}

/** The filters match nothing, or nothing in what was read so far. */
export function NoneMatch({ requests: { readOf, more }, onClear }: NoneMatchProps) {
  const { t } = useTranslation();
  const further = readOf !== null && more.hasNextPage;
  return (
    <EmptyState
      title={t("requests.none_match_title")}
      action={
        <span className="flex flex-wrap gap-2">
          {further && (
            <Button busy={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
              {t("requests.further")}
            </Button>
          )}
          <Button onClick={onClear}>{t("requests.clear_filters")}</Button>
        </span>
      }
    >
      {further ? t("requests.none_so_far", { count: readOf }) : t("requests.none_match")}
    </EmptyState>
  );
}
