import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { RequestDetail } from "@/api/types";
import { CopyButton } from "@/components/CopyButton";
import { FaultNotice } from "@/features/errors/FaultNotice";
import { useOverview } from "@/hooks/useOverview";
import { Attempts } from "./Attempts";
import { curlOf } from "./curl";
import { DecisionView } from "./DecisionView";
import { RequestFacts } from "./RequestFacts";
import { TokenUse } from "./TokenUse";

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1.5 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

/** Everything that is on record of one request: what came of it, why it went where it went, and what it took. */
export function RequestView({ request }: { request: RequestDetail }) {
  const { t } = useTranslation();
  const overview = useOverview();
  const base = overview.data?.base_url ?? `${location.origin}/v1`;
  const { error_code, error_message, cause } = request;
  const failed = request.status === "failed" || request.status === "refused";
  return (
    <div className="flex flex-col gap-5">
      {(failed || error_message) && (
        <FaultNotice cause={failed ? cause : null} code={error_code} message={error_message} />
      )}
      <RequestFacts request={request} />
      <div className="flex flex-wrap items-center gap-2">
        <CopyButton
          text={curlOf(request, base)}
          what={t("requests.copy_curl")}
          label={t("requests.copy_curl")}
        />
        <CopyButton text={request.id} what={t("requests.copy_id")} label={t("requests.copy_id")} />
        <CopyButton text={location.href} what={t("requests.copy_link")} label={t("requests.copy_link")} />
        <p className="w-full text-muted text-xs">{t("requests.curl_hint")}</p>
      </div>
      <Part title={t("requests.decision.title")}>
        <DecisionView decision={request.decision} />
      </Part>
      <Part title={t("requests.attempts")}>
        <Attempts request={request} />
      </Part>
      <Part title={t("requests.tokens")}>
        <TokenUse usage={request.usage} />
      </Part>
    </div>
  );
}
