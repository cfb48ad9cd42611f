import { useTranslation } from "react-i18next";
import type { Key } from "@/api/access";
import { Table, Th } from "@/components/Table";
import { KeyRow } from "./KeyRow";

interface KeyTableProps {
  apiKeys: Key[];
  onEdit: (key: Key) => void;
  onRevoke: (key: Key) => void;
  onDelete: (key: Key) => void;
}

export function KeyTable({ apiKeys, onEdit, onRevoke, onDelete }: KeyTableProps) {
  const { t } = useTranslation();
  return (
    <Table label={t("keys.title")}>
      <thead>
        <tr>
          <Th>{t("keys.name")}</Th>
          <Th>{t("keys.state_column")}</Th>
          <Th>{t("keys.may")}</Th>
          <Th>{t("keys.limits")}</Th>
          <Th>{t("keys.last_used")}</Th>
          <Th>
            <span className="sr-only">{t("common.actions")}</span>
          </Th>
        </tr>
      </thead>
      <tbody className="sm:[&>tr:last-child>td]:border-b-0">
        {apiKeys.map((key) => (
          <KeyRow
            key={key.id}
            apiKey={key}
            onEdit={() => onEdit(key)}
            onRevoke={() => onRevoke(key)}
            onDelete={() => onDelete(key)}
          />
        ))}
      </tbody>
    </Table>
  );
}
