import { useTranslation } from "react-i18next";
import { CopyButton } from "@/components/CopyButton";
import { BeginButton } from "./BeginButton";
import { FlowErrors } from "./FlowErrors";
import { pendingOf } from "./flow";
import { SignInLink } from "./SignInLink";
import { Waiting } from "./Waiting";
import type { WayProps } from "./Ways";

/** A short code, typed on any device. */
export function DeviceWay({ flow, disabled }: WayProps) {
  const { t } = useTranslation();
  const pending = pendingOf(flow.flow, "device");
  return (
    <div className="flex flex-col gap-4">
      <p>{t("connect.device_lead")}</p>
      <FlowErrors flow={flow} />
      {pending ? (
        <>
          <div className="flex flex-wrap items-center gap-3">
            <p className="rounded-md border border-line bg-sunken px-4 py-2 font-mono text-xl tracking-widest">
              <span className="sr-only">{t("connect.code")} </span>
              <span data-testid="user-code">{pending.user_code}</span>
            </p>
            <CopyButton text={pending.user_code ?? ""} what={t("connect.code")} />
          </div>
          {pending.verification_url && <SignInLink url={pending.verification_url} />}
          <Waiting flow={flow} pending={pending} />
        </>
      ) : (
        <BeginButton flow={flow} method="device" disabled={disabled}>
          {t("connect.get_code")}
        </BeginButton>
      )}
    </div>
  );
}
