import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Notice } from "@/components/Notice";
import { AgentTalk } from "../chat/AgentTalk";

interface TestChatProps {
  /** As it is saved; `null` while there is none. */
  agent: Agent | null;
  /** The form beside it holds changes that are not saved. */
  dirty: boolean;
}

/** A conversation with the saved agent, beside its form. */
export function TestChat({ agent, dirty }: TestChatProps) {
  const { t } = useTranslation();
  const [session, setSession] = useState<string>();
  const [fresh, setFresh] = useState(0);
  const begin = () => {
    setSession(undefined);
    setFresh(fresh + 1);
  };
  return (
    <Card
      title={t("agents.test")}
      actions={
        agent && (
          <Button size="sm" onClick={begin}>
            {t("chat.clear")}
          </Button>
        )
      }
      className="lg:sticky lg:top-5"
    >
      <div className="flex h-[32rem] flex-col gap-2 p-3 lg:h-[calc(100dvh-7rem)]">
        {agent === null ? (
          <p className="text-muted text-sm">{t("agents.test_unsaved_agent")}</p>
        ) : (
          <>
            {dirty && <Notice tone="warn">{t("agents.test_dirty")}</Notice>}
            <AgentTalk
              key={fresh}
              agent={agent.agent_key}
              session={session}
              onBegun={setSession}
              empty={t("agents.test_empty")}
            />
          </>
        )}
      </div>
    </Card>
  );
}
