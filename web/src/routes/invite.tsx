import { getRouteApi, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { InvitePage } from "@/features/invite/InvitePage";

const route = getRouteApi("/invite");

export default function InviteRoute() {
  const { t } = useTranslation();
  const { way } = route.useSearch();
  const navigate = route.useNavigate();
  // Behind the `#`: what stands there is never sent with the page's address.
  const token = useRouterState({ select: ({ location }) => location.hash.replace(/^#/, "") });
  useEffect(() => {
    document.title = `${t("invite.title")} · gateway`;
  }, [t]);
  return (
    <InvitePage
      key={token}
      token={token}
      way={way ?? "browser"}
      onWay={(next) => void navigate({ search: { way: next }, hash: true, replace: true })}
      onDone={() => void navigate({ to: "/", replace: true })}
    />
  );
}
