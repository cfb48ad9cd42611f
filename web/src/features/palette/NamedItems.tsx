import { Bot, KeyRound, Plug } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAgents } from "@/hooks/useAgents";
import { useApiKeys } from "@/hooks/useApiKeys";
import { useProviders } from "@/hooks/useProviders";
import { type Go, Item } from "./Item";

/** Accounts and other providers; chosen, their requests are shown. */
export function AccountItems({ go }: { go: Go }) {
  const { t } = useTranslation();
  const { data = [] } = useProviders();
  return data.map(({ id, name, display_name, status }) => (
    <Item
      key={id}
      id={`account ${name}`}
      Icon={Plug}
      label={display_name || name}
      note={`${display_name ? `${name} · ` : ""}${t(`providers.state.${status.state}`)}`}
      onSelect={() => void go({ to: "/requests", search: { account: name } })}
    />
  ));
}

export function AgentItems({ go }: { go: Go }) {
  const { data = [] } = useAgents();
  return data.map(({ agent_key: key, display_name }) => (
    <Item
      key={key}
      id={`agent ${key}`}
      Icon={Bot}
      label={display_name || key}
      note={display_name ? key : undefined}
      onSelect={() => void go({ to: "/agents", search: { edit: key } })}
    />
  ));
}

export function KeyItems({ go }: { go: Go }) {
  const { t } = useTranslation();
  const { data = [] } = useApiKeys();
  return data.map(({ id, name, state }) => (
    <Item
      key={id}
      id={`key ${id}`}
      Icon={KeyRound}
      label={name}
      note={t(`keys.state.${state}`)}
      onSelect={() => void go({ to: "/settings/keys", search: { edit: id } })}
    />
  ));
}
