import { useTranslation } from "react-i18next";
import { BeginButton } from "./BeginButton";
import { FlowErrors } from "./FlowErrors";
import { pendingOf } from "./flow";
import { PasteForm } from "./PasteForm";
import { SignInLink } from "./SignInLink";
import { Waiting } from "./Waiting";
import type { WayProps } from "./Ways";

/** For when the browser cannot reach the gateway's callback port at all. */
export function PasteWay({ flow, disabled }: WayProps) {
  const { t } = useTranslation();
  const pending = pendingOf(flow.flow, "browser");
  return (
    <div className="flex flex-col gap-4">
      <p>{t("connect.paste_lead")}</p>
      <FlowErrors flow={flow} />
      {pending ? (
        <>
          {pending.auth_url && <SignInLink url={pending.auth_url} />}
          <PasteForm flow={flow} />
          <Waiting flow={flow} pending={pending} />
        </>
      ) : (
        <BeginButton flow={flow} method="browser" disabled={disabled}>
          {t("connect.start")}
        </BeginButton>
      )}
    </div>
  );
}
