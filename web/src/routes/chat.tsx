import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { Composer } from "@/features/chat/Composer";
import { Conversation } from "@/features/chat/Conversation";
import { ModelPicker } from "@/features/chat/ModelPicker";
import { defaultModel } from "@/features/chat/modelGroups";
import { useChat } from "@/features/chat/useChat";
import { useDenied } from "@/hooks/useMay";
import { useModels } from "@/hooks/useModels";

const route = getRouteApi("/chat");

export default function ChatPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const models = useModels();
  const chat = useChat();
  const denied = useDenied("use_models");
  const model = search.model ?? defaultModel(models.data);
  return (
    <div className="flex h-[calc(100dvh-5rem)] flex-col md:h-[calc(100dvh-2.5rem)]">
      <PageHeader
        title={t("chat.title")}
        actions={
          <>
            <ModelPicker
              models={models}
              value={model}
              onChange={(next) => void navigate({ search: { model: next }, replace: true })}
            />
            <Button disabled={chat.turns.length === 0} onClick={chat.clear}>
              {t("chat.clear")}
            </Button>
          </>
        }
      />
      <ReadOnlyNotice reason={denied} />
      <Conversation turns={chat.turns} onRetry={(id) => chat.retry(id, model)} />
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
