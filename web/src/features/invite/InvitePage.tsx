import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { InvitationOffer } from "@/api/access";
import { ApiError } from "@/api/errors";
import { buttonClass } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Skeleton";
import { ended } from "@/hooks/ended";
import { useStore } from "@/hooks/store";
import { useOffer } from "@/hooks/useInvitations";
import { useSession } from "@/hooks/useSession";
import type { Way } from "@/routes/search";
import { Door } from "../session/Door";
import { AcceptForm } from "./AcceptForm";
import { ConnectOffer } from "./ConnectOffer";
import { JoinAs } from "./JoinAs";

interface InvitePageProps {
  /** Of the link; empty when there is none. */
  token: string;
  way: Way;
  onWay: (way: Way) => void;
  /** The person is signed in now. */
  onDone: () => void;
}

/** Where the link of an invitation leads. */
export function InvitePage({ token, way, onWay, onDone }: InvitePageProps) {
  const { t } = useTranslation();
  const offer = useOffer(token);
  const { data: session } = useSession();
  const isOver = useStore(ended);
  const refused = offer.error instanceof ApiError && offer.error.status < 500;
  if (token === "" || refused)
    return (
      <Door>
        <h1 className="font-semibold text-xl tracking-tight">{t("invite.title")}</h1>
        <Notice tone="bad">{t("invite.invalid")}</Notice>
        <Link to="/" className={`${buttonClass()} self-start`}>
          {t("invite.to_sign_in")}
        </Link>
      </Door>
    );
  if (offer.data?.kind === "connect")
    return (
      <Door wide>
        <ConnectOffer token={token} offer={offer.data} way={way} onWay={onWay} />
      </Door>
    );
  return (
    <Door>
      <h1 className="font-semibold text-xl tracking-tight">{t("invite.title")}</h1>
      {offer.data ? (
        <>
          <p className="text-muted">
            <Lead offer={offer.data} />
          </p>
          {session?.user && !isOver && <JoinAs token={token} email={session.user.email} onDone={onDone} />}
          <AcceptForm token={token} offer={offer.data} onDone={onDone} />
        </>
      ) : offer.isError ? (
        <ErrorNotice error={offer.error} onRetry={() => void offer.refetch()} />
      ) : (
        <Skeleton lines={3} />
      )}
    </Door>
  );
}

function Lead({ offer }: { offer: InvitationOffer }) {
  const { t } = useTranslation();
  if (offer.kind === "owner") return t("invite.owner_lead");
  return offer.role
    ? t("invite.member_lead", { tenant: offer.tenant_name, role: t(`settings.roles.${offer.role}`) })
    : t("invite.plain_lead", { tenant: offer.tenant_name });
}
