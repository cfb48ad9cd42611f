import { useTranslation } from "react-i18next";
import type { PoolRequest } from "@/api/types";
import { Table, Th } from "@/components/Table";
import { RecentRow } from "./RecentRow";

/** The last requests of a pool. */
export function PoolRequests({ pool, requests }: { pool: string; requests: PoolRequest[] }) {
  const { t } = useTranslation();
  if (requests.length === 0) return <p className="px-3.5 py-4 text-muted">{t("pools.no_requests")}</p>;
  return (
    <Table label={`${t("pools.recent")}: ${pool}`}>
      <thead>
        <tr>
          <Th>{t("requests.time")}</Th>
          <Th>{t("requests.account")}</Th>
          <Th>{t("requests.model")}</Th>
          <Th>{t("requests.status_column")}</Th>
          <Th className="text-right">{t("requests.duration")}</Th>
          <Th>
            <span className="sr-only">{t("pools.why")}</span>
          </Th>
        </tr>
      </thead>
      <tbody className="sm:[&>tr:last-child>td]:border-b-0">
        {requests.map((request) => (
          <RecentRow key={request.span_id} request={request} />
        ))}
      </tbody>
    </Table>
  );
}
