import { useTranslation } from "react-i18next";
import type { ActivityEntry } from "@/api/access";
import { Table, Th } from "@/components/Table";
import { EntryRow } from "./EntryRow";

export function EntryTable({ entries }: { entries: ActivityEntry[] }) {
  const { t } = useTranslation();
  return (
    <Table label={t("activity.title")}>
      <thead>
        <tr>
          <Th>{t("requests.time")}</Th>
          <Th>{t("activity.actor")}</Th>
          <Th>{t("activity.action")}</Th>
          <Th>{t("activity.object")}</Th>
        </tr>
      </thead>
      <tbody className="sm:[&>tr:last-child>td]:border-b-0">
        {entries.map((entry) => (
          <EntryRow key={entry.id} entry={entry} />
        ))}
      </tbody>
    </Table>
  );
}
