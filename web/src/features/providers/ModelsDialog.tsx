import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Provider, ProviderModel } from "@/api/types";
import { type Column, DataTable, NONE, rowsOf } from "@/components/DataTable";
import { Dialog } from "@/components/Dialog";
import { useProviderModels } from "@/hooks/useProviders";
import { useFormat } from "@/i18n/format";

export function ModelsDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const models = useProviderModels(provider.id);
  const { name } = provider;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo(
    (): Column<ProviderModel>[] => [
      {
        id: "model",
        header: t("providers.models"),
        shown: "fixed",
        width: 16,
        sort: ({ id }) => id,
        cell: ({ id }) => (
          <Link
            to="/chat"
            search={{ model: `${name}/${id}` }}
            className="font-mono text-xs underline underline-offset-2"
          >
            {id}
          </Link>
        ),
      },
      {
        id: "context",
        header: t("providers.context"),
        align: "right",
        largestFirst: true,
        narrow: "named",
        sort: ({ context_window }) => context_window,
        cell: ({ context_window: size }) => (size == null ? NONE : format.whole(size)),
      },
      {
        id: "thinking",
        header: t("providers.thinking"),
        width: 14,
        narrow: "line",
        cell: ({ thinking_levels }) => thinking_levels.join(", ") || NONE,
      },
    ],
    [i18n.language, name],
  );
  return (
    <Dialog onClose={onClose} title={t("providers.models_of", { name })} wide>
      <DataTable
        {...rowsOf(models)}
        label={t("providers.models")}
        columns={columns}
        rowId={({ id }) => id}
        expected={provider.model_count}
        find={({ id, name: called }) => `${id} ${called}`}
      />
    </Dialog>
  );
}
