import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Model } from "@/api/types";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Select } from "@/components/inputs";
import { groupModels } from "./modelGroups";

interface ModelPickerProps {
  models: UseQueryResult<Model[]>;
  value: string;
  onChange: (model: string) => void;
}

function Group({ label, ids }: { label: string; ids: string[] }) {
  if (ids.length === 0) return null;
  return (
    <optgroup label={label}>
      {ids.map((id) => (
        <option key={id} value={id}>
          {id}
        </option>
      ))}
    </optgroup>
  );
}

export function ModelPicker({ models, value, onChange }: ModelPickerProps) {
  const { t } = useTranslation();
  if (models.isError && !models.data) {
    return <ErrorNotice error={models.error} onRetry={() => void models.refetch()} />;
  }
  if (models.data && value === "") {
    return (
      <Link
        to="/providers"
        search={{ connect: "new" }}
        className="text-accent text-sm underline underline-offset-2"
      >
        {t("chat.no_models")}
      </Link>
    );
  }
  const groups = groupModels(models.data ?? [], value);
  return (
    <Select
      aria-label={t("chat.model")}
      className="flex-1 max-sm:order-first max-sm:basis-full sm:w-60 sm:flex-none"
      value={value}
      disabled={!models.data}
      onChange={({ target }) => onChange(target.value)}
    >
      {!models.data && value === "" && <option value="">{t("common.loading")}</option>}
      <Group label={t("chat.models")} ids={groups.plain} />
      <Group label={t("chat.agents")} ids={groups.agents} />
      <Group label={t("chat.pinned")} ids={groups.pinned} />
    </Select>
  );
}
