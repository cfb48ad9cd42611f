import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDenied } from "@/hooks/useMay";
import { AgentConversation } from "./AgentConversation";
import { Composer } from "./Composer";
import { useAgentChat } from "./useAgentChat";

interface AgentTalkProps {
  agent: string;
  /** The conversation that is open; `undefined` begins one. */
  session: string | undefined;
  onBegun: (session: string) => void;
  empty?: ReactNode;
}

/** A conversation with an agent and the line to write in. */
export function AgentTalk({ agent, session, onBegun, empty }: AgentTalkProps) {
  const { t } = useTranslation();
  const denied = useDenied("use_models");
  const chat = useAgentChat({ agent, session, onBegun });
  // Without the conversation's key a message would begin another one.
  const ready = session === undefined || chat.conversation.data !== undefined;
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <AgentConversation chat={chat} allowed={denied === undefined} empty={empty ?? t("chat.empty_agent")} />
      <Composer
        busy={chat.busy}
        ready={ready}
        queues
        pictures
        stopping={chat.stopping}
        denied={denied}
        onSend={(text, images) => chat.send({ text, images })}
        onStop={chat.stop}
      />
    </div>
  );
}
