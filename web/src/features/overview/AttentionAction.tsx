import { Link, linkOptions } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Attention } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { useDenied } from "@/hooks/useMay";
import { useProviders } from "@/hooks/useProviders";

/** Where each matter is settled. */
function linkTo({ kind, provider_name: name }: Attention, pool: string | null | undefined) {
  switch (kind) {
    case "needs_reauth":
      return linkOptions({ to: "/providers", search: { connect: name ?? undefined } });
    case "requests_failed":
      return linkOptions({ to: "/requests", search: { outcome: "failed", period: "24h" } });
    case "requests_refused":
      return linkOptions({ to: "/requests", search: { outcome: "refused", period: "24h" } });
    case "mcp_server_down":
      return linkOptions({ to: "/settings/mcp" });
    default:
      return pool
        ? linkOptions({ to: "/pools/$name", params: { name: pool } })
        : linkOptions({ to: "/pools" });
  }
}

/** The one thing to do. Who may not do it is told why; looking is for everybody. */
export function AttentionAction({ item }: { item: Attention }) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  const providers = useProviders();
  const { kind, provider_name } = item;
  const words = t(`overview.attention.action.${kind}`);
  if (kind === "needs_reauth" && denied !== undefined)
    return (
      <Button size="sm" denied={denied}>
        {words}
      </Button>
    );
  const pool = providers.data?.find(({ name }) => name === provider_name)?.pool?.owner;
  return (
    <Link
      {...linkTo(item, pool)}
      className={buttonClass(kind === "needs_reauth" ? "primary" : "plain", "sm")}
    >
      {words}
    </Link>
  );
}
