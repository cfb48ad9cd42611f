import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { MenuItem, MenuNote, MenuSeparator } from "@/components/Menu";
import { RowMenu } from "@/components/RowMenu";
import { useDenied } from "@/hooks/useMay";
import { useReleaseProvider } from "@/hooks/useProviders";
import type { Pool } from "./pools";
import type { Deed, PoolChange } from "./usePoolChange";

const HELD = new Set(["cooling_down", "exhausted"]);
const SIGNED_OFF = new Set(["needs_reauth", "signed_out"]);

interface AccountMenuProps {
  account: Provider;
  pool: Pool;
  change: PoolChange;
}

/** What an account in trouble asks for: a new sign-in, or a try before its time. */
export function UrgentActions({ account }: { account: Provider }) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  const release = useReleaseProvider();
  const { name, id, status } = account;
  if (denied !== undefined) return null;
  return (
    <>
      {SIGNED_OFF.has(status.state) && (
        <Link to="/providers" search={{ connect: name }} className={buttonClass("primary", "sm")}>
          {t("pools.sign_in_again")}
        </Link>
      )}
      {(HELD.has(status.state) || status.model_blocks.length > 0) && (
        <Button
          size="sm"
          busy={release.isPending}
          aria-label={t("providers.release_of", { name })}
          onClick={() => release.mutate(id)}
        >
          {t("providers.release")}
        </Button>
      )}
      {release.isError && <ErrorNotice error={release.error} />}
    </>
  );
}

/** What else can be done with an account of a pool. Everything here can be taken back. */
export function AccountMenu({ account, pool, change }: AccountMenuProps) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  const { name, id, enabled, draining } = account;
  const { owner, primary } = pool;
  const members = owner.pool?.members ?? [];
  const own = (body: Extract<Deed, { account: string }>["body"]): Deed => ({ account: id, body });
  const first = (next: string): Deed => ({
    pool: { primary_provider_name: next === owner.name ? null : next },
  });
  return (
    <RowMenu name={name} denied={denied} busy={change.busy}>
      <MenuItem
        onSelect={() =>
          change.change(
            own({ enabled: !enabled }),
            t(enabled ? "pools.did.paused" : "pools.did.resumed", { name }),
            own({ enabled }),
          )
        }
      >
        {t(enabled ? "pools.pause" : "pools.resume")}
      </MenuItem>
      <MenuItem
        onSelect={() =>
          change.change(
            own({ draining: !draining }),
            t(draining ? "pools.did.undrained" : "pools.did.drained", { name }),
            own({ draining }),
          )
        }
      >
        {t(draining ? "pools.undrain" : "pools.drain")}
      </MenuItem>
      {name !== primary && (
        <MenuItem
          onSelect={() => change.change(first(name), t("pools.did.primary", { name }), first(primary))}
        >
          {t("pools.make_primary")}
        </MenuItem>
      )}
      <MenuSeparator />
      {name === owner.name ? (
        <MenuNote>{t("pools.owner_stays")}</MenuNote>
      ) : (
        <MenuItem
          danger
          onSelect={() =>
            change.change(
              { pool: { extra_provider_names: members.filter((it) => it !== name) } },
              t("pools.removed", { name }),
              { pool: { extra_provider_names: members } },
            )
          }
        >
          {t("pools.remove_from")}
        </MenuItem>
      )}
    </RowMenu>
  );
}
