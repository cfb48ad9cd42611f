import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button, buttonClass } from "@/components/Button";
import { Emails } from "@/components/Email";
import { Notice } from "@/components/Notice";
import type { LoginFlow } from "./useLoginFlow";

interface ConnectedProps {
  flow: LoginFlow;
  name: string;
  onClose: () => void;
}

export function Connected({ flow, name, onClose }: ConnectedProps) {
  const { t } = useTranslation();
  const status = flow.status.data;
  const who = status?.email ?? name;
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="good">
        <Emails
          text={
            status?.plan_type
              ? t("connect.done_plan", { who, name, plan: status.plan_type })
              : t("connect.done", { who, name })
          }
        />
      </Notice>
      {flow.completed?.warning && <Notice tone="warn">{flow.completed.warning}</Notice>}
      <div className="flex flex-wrap justify-end gap-2">
        <Link to="/chat" className={buttonClass()}>
          {t("connect.try")}
        </Link>
        <Button look="primary" onClick={onClose}>
          {t("connect.close")}
        </Button>
      </div>
    </div>
  );
}
