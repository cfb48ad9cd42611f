import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import type { LoginFlow } from "./useLoginFlow";

/** Why the sign-in did not start, or how it ended. */
export function FlowErrors({ flow }: { flow: LoginFlow }) {
  const { t } = useTranslation();
  return (
    <>
      {flow.start.isError && <ErrorNotice error={flow.start.error} />}
      {flow.cancel.isError && <ErrorNotice error={flow.cancel.error} />}
      {flow.flow.step === "failed" && !flow.start.isPending && (
        <Notice tone="bad">{flow.flow.error ?? t("connect.ended")}</Notice>
      )}
    </>
  );
}
