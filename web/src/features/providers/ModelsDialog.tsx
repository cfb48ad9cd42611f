import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { Loaded } from "@/components/Loaded";
import { Table, Td, Th } from "@/components/Table";
import { useProviderModels } from "@/hooks/useProviders";
import { useFormat } from "@/i18n/format";

export function ModelsDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const models = useProviderModels(provider.id);
  return (
    <Dialog onClose={onClose} title={t("providers.models_of", { name: provider.name })} wide>
      <Loaded query={models}>
        {(list) => (
          <Table label={t("providers.models")}>
            <thead>
              <tr>
                <Th>{t("providers.models")}</Th>
                <Th className="text-right">{t("providers.context")}</Th>
                <Th>{t("providers.thinking")}</Th>
              </tr>
            </thead>
            <tbody>
              {list.map((model) => (
                <tr key={model.id}>
                  <Td>
                    <Link
                      to="/chat"
                      search={{ model: `${provider.name}/${model.id}` }}
                      className="font-mono text-xs underline underline-offset-2"
                    >
                      {model.id}
                    </Link>
                  </Td>
                  <Td className="tabular text-right">
                    {model.context_window == null ? "–" : format.whole(model.context_window)}
                  </Td>
                  <Td>{model.thinking_levels.join(", ") || "–"}</Td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Loaded>
    </Dialog>
  );
}
