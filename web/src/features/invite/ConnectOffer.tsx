import { useTranslation } from "react-i18next";
import type { InvitationOffer } from "@/api/access";
import { Emails } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { useActByInvitation } from "@/hooks/useInvitations";
import type { Way } from "@/routes/search";
import { useLoginFlow } from "../connect/useLoginFlow";
import { Ways } from "../connect/Ways";

interface ConnectOfferProps {
  token: string;
  offer: InvitationOffer;
  way: Way;
  onWay: (way: Way) => void;
}

/** Connects one's own ChatGPT account as the one provider that the invitation names, without being a user. */
export function ConnectOffer({ token, offer, way, onWay }: ConnectOfferProps) {
  const { t } = useTranslation();
  useActByInvitation(token);
  const name = offer.provider_name ?? "";
  const flow = useLoginFlow({ provider: name, displayName: "", force: false, onStarted: () => {} });
  const email = flow.status.data?.email;
  return (
    <div className="flex flex-col gap-4">
      <h1 className="font-semibold text-xl tracking-tight">
        {t("invite.connect_title", { tenant: offer.tenant_name })}
      </h1>
      {flow.flow.step === "done" ? (
        <>
          <Notice tone="good">
            <Emails text={t("connect.done", { who: email ?? name, name })} />
          </Notice>
          {flow.completed?.warning && <Notice tone="warn">{flow.completed.warning}</Notice>}
          <p className="text-muted">{t("invite.connect_done")}</p>
        </>
      ) : (
        <>
          <p className="text-muted">{t("invite.connect_lead", { name })}</p>
          <Notice tone="idle">{t("providers.terms")}</Notice>
          {flow.status.isError && (
            <ErrorNotice error={flow.status.error} onRetry={() => void flow.status.refetch()} />
          )}
          {flow.already ? (
            // An invitation replaces no account.
            <Notice tone="good">{t("invite.connect_already")}</Notice>
          ) : (
            <Ways flow={flow} way={way} disabled={name === ""} onWay={onWay} />
          )}
        </>
      )}
    </div>
  );
}
