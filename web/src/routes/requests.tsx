import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { PageHeader } from "@/components/PageHeader";
import { Filters } from "@/features/requests/Filters";
import { RequestList } from "@/features/requests/RequestList";
import { Views } from "@/features/requests/Views";
import { useRequests } from "@/hooks/useRequests";
import type { RequestsSearch } from "./search";

const route = getRouteApi("/requests");

export default function RequestsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { request: openId, ...rest } = search;
  const told = JSON.stringify(rest);
  const filters = useMemo(() => JSON.parse(told) as RequestsSearch, [told]);
  const requests = useRequests(filters);
  const knownKeys = useMemo(
    () =>
      (requests.rows ?? []).flatMap(({ key_id: id, key_name: name }) =>
        id ? [{ id, name: name ?? id }] : [],
      ),
    [requests.rows],
  );
  const go = (next: RequestsSearch, replace = false) =>
    void navigate({ search: next, resetScroll: false, replace });
  return (
    <>
      <PageHeader
        title={t("requests.title")}
        lead={t("requests.lead")}
        actions={
          <Button busy={requests.isFetching} onClick={() => void requests.refetch()}>
            {!requests.isFetching && <RefreshCw size={14} aria-hidden />}
            {t("common.refresh")}
          </Button>
        }
      />
      <Views filters={filters} />
      <Filters filters={filters} knownKeys={knownKeys} onChange={(next) => go(next)} />
      <RequestList
        // What is held still belongs to these filters.
        key={told}
        requests={requests}
        filters={filters}
        openId={openId}
        onOpen={(request) => go({ ...filters, request }, openId !== undefined && request !== undefined)}
        onClear={() => go({})}
      />
    </>
  );
}
