import { useTranslation } from "react-i18next";
import { FilterSelect } from "@/components/FilterSelect";
import { modelNames } from "@/features/agents/modelChoices";
import { useAgents } from "@/hooks/useAgents";
import { useApiKeys } from "@/hooks/useApiKeys";
import { useAccess } from "@/hooks/useMay";
import { useModels } from "@/hooks/useModels";
import { useProviders } from "@/hooks/useProviders";
import type { WhoseSearch } from "@/routes/search";

interface NamedKey {
  id: string;
  name: string;
}

interface WhoseFiltersProps {
  filters: WhoseSearch;
  /** Keys that are known from what is on the page: not everybody may list them. */
  knownKeys?: readonly NamedKey[];
  onChange: (change: Partial<WhoseSearch>) => void;
}

const same = (value: string) => ({ value, label: value });

/** Whose requests: of which account, agent, key and model. */
export function WhoseFilters({ filters, knownKeys = [], onChange }: WhoseFiltersProps) {
  const { t } = useTranslation();
  const { permissions } = useAccess();
  const providers = useProviders();
  const agents = useAgents();
  const models = useModels();
  const apiKeys = useApiKeys(permissions.has("manage_keys"));
  const named = new Map([...knownKeys, ...(apiKeys.data ?? [])].map(({ id, name }) => [id, name]));
  return (
    <>
      <FilterSelect
        label={t("requests.account")}
        any={t("requests.any_account")}
        options={(providers.data ?? []).map(({ name }) => same(name))}
        // A link may name an account by its id, which stays when the name changes.
        value={providers.data?.find(({ id }) => id === filters.account)?.name ?? filters.account}
        onChange={(account) => onChange({ account })}
      />
      <FilterSelect
        label={t("requests.agent")}
        any={t("requests.any_agent")}
        options={(agents.data ?? []).map(({ agent_key }) => same(agent_key))}
        value={filters.agent}
        onChange={(agent) => onChange({ agent })}
      />
      <FilterSelect
        label={t("requests.key")}
        any={t("requests.any_key")}
        options={[...named].map(([value, label]) => ({ value, label }))}
        value={filters.key}
        onChange={(key) => onChange({ key })}
      />
      <FilterSelect
        label={t("requests.model")}
        any={t("requests.any_model")}
        options={modelNames(undefined, models.data).map(same)}
        value={filters.model}
        onChange={(model) => onChange({ model })}
      />
    </>
  );
}
