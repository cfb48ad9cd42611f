import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";
import { BeginButton } from "./BeginButton";
import { FlowErrors } from "./FlowErrors";
import { callbackOf, pendingOf } from "./flow";
import { PasteForm } from "./PasteForm";
import { SignInLink } from "./SignInLink";
import { TunnelHint } from "./TunnelHint";
import { Waiting } from "./Waiting";
import type { WayProps } from "./Ways";

export function BrowserWay({ flow, disabled }: WayProps) {
  const { t } = useTranslation();
  const pending = pendingOf(flow.flow, "browser");
  const closed = flow.listener?.listening === false;
  const callback = callbackOf(flow.flow);
  return (
    <div className="flex flex-col gap-4">
      <p>{t("connect.browser_lead")}</p>
      <FlowErrors flow={flow} />
      {!pending && (
        <BeginButton flow={flow} method="browser" disabled={disabled}>
          {t("connect.start")}
        </BeginButton>
      )}
      {pending && (
        <>
          {pending.auth_url && <SignInLink url={pending.auth_url} />}
          {closed ? (
            <>
              <Notice tone="warn">
                {t("connect.no_listener", { port: callback.port, reason: flow.listener?.reason ?? "" })}
              </Notice>
              <PasteForm flow={flow} />
            </>
          ) : (
            <details>
              <summary className="text-accent text-sm underline underline-offset-2">
                {t("connect.not_loaded")}
              </summary>
              <div className="pt-3">
                <PasteForm flow={flow} />
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
