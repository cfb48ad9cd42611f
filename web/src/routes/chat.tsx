import { getRouteApi } from "@tanstack/react-router";
import { PanelLeft } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { AgentTalk } from "@/features/chat/AgentTalk";
import { ModelPicker } from "@/features/chat/ModelPicker";
import { ModelTalk } from "@/features/chat/ModelTalk";
import { agentOf, defaultModel } from "@/features/chat/modelGroups";
import { SessionPanel } from "@/features/chat/SessionPanel";
import { useDenied } from "@/hooks/useMay";
import { useModels } from "@/hooks/useModels";
import type { ChatSearch } from "./search";

const route = getRouteApi("/chat");

export default function ChatPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const models = useModels();
  const denied = useDenied("use_models");
  const [listOpen, setListOpen] = useState(false);
  // Counts the conversations that were begun here, so that each starts with an empty page.
  const [fresh, setFresh] = useState(0);
  const model = search.model ?? defaultModel(models.data);
  const agent = agentOf(model);
  const { session, q = "" } = search;
  const go = (next: ChatSearch, replace = false) =>
    void navigate({ search: next, replace, resetScroll: false });
  const begin = () => {
    setFresh(fresh + 1);
    go({ model: search.model });
  };
  const panel = agent !== null && (
    <SessionPanel
      agent={agent}
      q={q}
      session={session}
      onSearch={(text) => go({ ...search, model, q: text || undefined }, true)}
      onGone={(id) => id === session && begin()}
      onChoose={() => setListOpen(false)}
    />
  );
  return (
    <div className="flex h-[calc(100dvh-5rem-var(--toasts))] flex-col md:h-[calc(100dvh-2.5rem-var(--toasts))]">
      <PageHeader
        title={t("chat.title")}
        actions={
          <>
            {agent !== null && (
              <Button className="lg:hidden" onClick={() => setListOpen(true)}>
                <PanelLeft size={15} aria-hidden />
                {t("sessions.title")}
              </Button>
            )}
            <ModelPicker models={models} value={model} onChange={(next) => go({ model: next }, true)} />
            <Button onClick={begin}>{t("chat.clear")}</Button>
          </>
        }
      />
      <ReadOnlyNotice reason={denied} />
      <div className="flex min-h-0 flex-1 gap-4">
        {agent === null ? (
          <ModelTalk key={fresh} model={model} />
        ) : (
          <>
            <div className="hidden w-60 shrink-0 flex-col lg:flex">{panel}</div>
            <AgentTalk
              key={`${agent} ${fresh}`}
              agent={agent}
              session={session}
              onBegun={(id) => go({ ...search, model, session: id }, true)}
            />
          </>
        )}
      </div>
      {listOpen && (
        <Dialog onClose={() => setListOpen(false)} title={t("sessions.title")}>
          <div className="flex h-[60dvh] flex-col">{panel}</div>
        </Dialog>
      )}
    </div>
  );
}
