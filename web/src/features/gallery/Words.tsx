import { useTranslation } from "react-i18next";
import { CodeBlock } from "@/components/CodeBlock";
import { Email } from "@/components/Email";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Facts } from "@/components/Facts";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Skeleton";
import { StatusWord } from "@/components/StatusWord";
import { ToastCard } from "@/components/Toasts";
import { Part, State } from "./State";

const TONES = ["good", "warn", "bad", "idle"] as const;

/** What is said. */
export function Words() {
  const { t } = useTranslation();
  return (
    <>
      <Part name="StatusWord, Email">
        {TONES.map((tone) => (
          <State key={tone} of="normal">
            <StatusWord tone={tone}>{t("live.live.word")}</StatusWord>
          </State>
        ))}
        <State of="normal">
          <Email address="ada@example.com" />
        </State>
      </Part>
      <Part name="Notice">
        {TONES.map((tone) => (
          <State key={tone} of="normal">
            <Notice tone={tone}>{t("connection.title")}</Notice>
          </State>
        ))}
        <State of="error" wide>
          <ErrorNotice error={new Error(t("errors.connection"))} onRetry={() => {}} />
        </State>
      </Part>
      <Part name="EmptyState, Skeleton">
        <State of="empty">
          <EmptyState title={t("agents.empty_title")}>{t("agents.empty")}</EmptyState>
        </State>
        <State of="loading" wide>
          <Skeleton lines={3} />
        </State>
      </Part>
      <Part name="Toast">
        <State of="normal">
          <ol>
            <ToastCard
              toast={{
                id: 0,
                tone: "warn",
                text: t("toasts.exhausted", { name: "openai-codex" }),
                ms: null,
                action: { label: t("toasts.undo"), run: () => {} },
              }}
            />
          </ol>
        </State>
      </Part>
      <Part name="CodeBlock, Facts">
        <State of="normal" wide>
          <CodeBlock code="gateway demo" label="sh" />
        </State>
        <State of="normal" wide>
          <Facts facts={[[t("settings.version"), "0.1.0"]]} />
        </State>
      </Part>
    </>
  );
}
