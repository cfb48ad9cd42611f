import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import type { Identity } from "@/api/account";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Email, Emails } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { useIdentities, useUnlinkIdentity } from "@/hooks/useAccount";
import { useSignInMethods } from "@/hooks/useSession";
import { OidcError } from "../session/OidcError";
import { LinkIdentity } from "./LinkIdentity";

/** How one signs in: the password, and who one is where one signs in with OpenID Connect. */
export function WaysCard({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const identities = useIdentities();
  const unlink = useUnlinkIdentity();
  const issuers = useSignInMethods().data?.oidc ?? [];
  return (
    <Card title={t("account.ways")}>
      <div className="flex flex-col gap-3 p-3.5">
        {/* Also of a link that did not work. */}
        <OidcError />
        {unlink.isError && <ErrorNotice error={unlink.error} />}
        <Loaded query={identities} lines={2}>
          {(list) => (
            <>
              <ul className="flex flex-col divide-y divide-line">
                {user.has_password && (
                  <li className="py-2">
                    {t("account.way_password")}
                    {user.has_totp && <span className="text-muted"> · {t("account.way_second")}</span>}
                  </li>
                )}
                {list.map((identity) => (
                  <Way
                    key={identity.id}
                    identity={identity}
                    // The last one stays; the gateway says so, too.
                    canGo={user.has_password || list.length > 1}
                    busy={unlink.isPending && unlink.variables === identity.id}
                    onUnlink={() => unlink.mutate(identity.id)}
                  />
                ))}
              </ul>
              {issuers
                .filter(({ name }) => !list.some(({ issuer }) => issuer === name))
                .map((issuer) => (
                  <LinkIdentity key={issuer.name} issuer={issuer} hasPassword={user.has_password} />
                ))}
            </>
          )}
        </Loaded>
      </div>
    </Card>
  );
}

interface WayProps {
  identity: Identity;
  canGo: boolean;
  busy: boolean;
  onUnlink: () => void;
}

function Way({ identity, canGo, busy, onUnlink }: WayProps) {
  const { t } = useTranslation();
  const { label, email, issuer, last_used_at: used } = identity;
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 py-2">
      <div className="min-w-0">
        <p className="break-words">
          <Emails text={label} />
          {issuer === null && <span className="text-muted"> · {t("account.way_gone")}</span>}
        </p>
        <p className="break-words text-muted text-sm">
          {email && (
            <>
              <Email address={email} />
              {" · "}
            </>
          )}
          {used ? (
            <>
              {t("account.way_used")} <RelativeTime at={used} />
            </>
          ) : (
            t("account.way_never")
          )}
        </p>
      </div>
      {canGo && (
        <Button size="sm" busy={busy} aria-label={t("account.way_unlink_of", { label })} onClick={onUnlink}>
          {t("account.way_unlink")}
        </Button>
      )}
    </li>
  );
}
