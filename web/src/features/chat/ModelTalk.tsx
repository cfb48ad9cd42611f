import { useDenied } from "@/hooks/useMay";
import { Composer } from "./Composer";
import { Conversation } from "./Conversation";
import { useChat } from "./useChat";

/** A conversation with a plain model; only this page keeps it. */
export function ModelTalk({ model }: { model: string }) {
  const denied = useDenied("use_models");
  const chat = useChat();
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <Conversation turns={chat.turns} onAsk={(id, question) => chat.ask(id, question, model)} />
      <Composer
        busy={chat.busy}
        ready={model !== ""}
        denied={denied}
        onSend={(text) => chat.send(text, model)}
        onStop={chat.stop}
      />
    </div>
  );
}
