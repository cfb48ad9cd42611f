import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { FlowErrors } from "./FlowErrors";
import { PasteForm } from "./PasteForm";
import { SignInLink } from "./SignInLink";
import { callbackOf } from "./tunnel";
import { Waiting } from "./Waiting";
import type { WayProps } from "./Ways";

/** For when the browser cannot reach the gateway's callback port at all. */
export function PasteWay({ flow, disabled }: WayProps) {
  const { t } = useTranslation();
  const pending =
    flow.flow.step === "waiting" && flow.flow.pending.method === "browser" ? flow.flow.pending : null;
  return (
    <div className="flex flex-col gap-4">
      <p>{t("connect.paste_lead")}</p>
      <FlowErrors flow={flow} />
      {pending ? (
        <>
          {pending.auth_url && <SignInLink url={pending.auth_url} />}
          <PasteForm flow={flow} callback={callbackOf(pending.auth_url)} />
          <Waiting flow={flow} pending={pending} />
        </>
      ) : (
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
    </div>
  );
}
