import { useTranslation } from "react-i18next";
import { Select } from "@/components/inputs";
import { LIMITS, type RequestsSearch, TRACE_STATUSES } from "@/routes/search";

interface FiltersProps {
  filters: RequestsSearch;
  accounts: string[];
  onChange: (filters: RequestsSearch) => void;
}

export function Filters({ filters, accounts, onChange }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        aria-label={t("requests.status_column")}
        value={filters.status ?? ""}
        onChange={({ target }) =>
          onChange({ ...filters, status: TRACE_STATUSES.find((it) => it === target.value) })
        }
      >
        <option value="">{t("requests.any_status")}</option>
        {TRACE_STATUSES.map((status) => (
          <option key={status} value={status}>
            {t(`requests.status.${status}`)}
          </option>
        ))}
      </Select>
      <Select
        aria-label={t("requests.account")}
        value={filters.account ?? ""}
        onChange={({ target }) => onChange({ ...filters, account: target.value || undefined })}
      >
        <option value="">{t("requests.any_account")}</option>
        {accounts.map((account) => (
          <option key={account} value={account}>
            {account}
          </option>
        ))}
      </Select>
      <Select
        aria-label={t("requests.limit_label")}
        value={filters.limit ?? LIMITS[0]}
        onChange={({ target }) =>
          onChange({ ...filters, limit: LIMITS.find((it) => String(it) === target.value) })
        }
      >
        {LIMITS.map((limit) => (
          <option key={limit} value={limit}>
            {t("requests.limit", { count: limit })}
          </option>
        ))}
      </Select>
    </>
  );
}
