import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { FlowErrors } from "./FlowErrors";
import { PasteForm } from "./PasteForm";
import { SignInLink } from "./SignInLink";
import { TunnelHint } from "./TunnelHint";
import { callbackOf } from "./tunnel";
import { Waiting } from "./Waiting";
import type { WayProps } from "./Ways";

export function BrowserWay({ flow, disabled }: WayProps) {
  const { t } = useTranslation();
  const pending =
    flow.flow.step === "waiting" && flow.flow.pending.method === "browser" ? flow.flow.pending : null;
  const closed = flow.listener?.listening === false;
  const callback = callbackOf(pending?.auth_url);
  return (
    <div className="flex flex-col gap-4">
      <p>{t("connect.browser_lead")}</p>
      <FlowErrors flow={flow} />
      {!pending && (
        <div>
          <Button
            look="primary"
            busy={flow.start.isPending}
            disabled={disabled}
            onClick={() => flow.begin("browser")}
          >
            {t("connect.start")}
          </Button>
        </div>
      )}
      {pending && (
        <>
          {pending.auth_url && <SignInLink url={pending.auth_url} />}
          {closed ? (
            <>
              <Notice tone="warn">
                {t("connect.no_listener", { port: callback.port, reason: flow.listener?.reason ?? "" })}
              </Notice>
              <PasteForm flow={flow} callback={callback} />
            </>
          ) : (
            <details>
              <summary className="text-accent text-sm underline underline-offset-2">
                {t("connect.not_loaded")}
              </summary>
              <div className="pt-3">
                <PasteForm flow={flow} callback={callback} />
              </div>
            </details>
          )}
          <Waiting flow={flow} pending={pending} />
        </>
      )}
      <TunnelHint port={callback.port} />
    </div>
  );
}
