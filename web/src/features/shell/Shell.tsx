import { Outlet, useRouter } from "@tanstack/react-router";
import { Fragment, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { accessOf } from "@/api/permissions";
import type { Session } from "@/api/types";
import { Toasts } from "@/components/Toasts";
import { ended } from "@/hooks/ended";
import { useStore } from "@/hooks/store";
import { useLiveFeed } from "@/hooks/useLiveFeed";
import { AccessContext } from "@/hooks/useMay";
import { ConnectionBanner } from "./ConnectionBanner";
import { Everywhere } from "./Everywhere";
import { MobileBar } from "./MobileBar";
import { Sidebar } from "./Sidebar";

const heading = () => document.querySelector<HTMLElement>("main h1");

/** Puts the focus on the new page's heading, as a page load would; a page that is still fetched has none yet. */
function useFocusOnNavigation() {
  const router = useRouter();
  useEffect(() => {
    let arrival: MutationObserver | undefined;
    const stop = router.subscribe("onBeforeNavigate", ({ fromLocation, pathChanged }) => {
      if (!fromLocation || !pathChanged) return;
      arrival?.disconnect();
      const left = heading();
      const watch = new MutationObserver(() => {
        const next = heading();
        if (!next || next === left) return;
        watch.disconnect();
        next.focus({ preventScroll: true });
      });
      watch.observe(document.body, { childList: true, subtree: true });
      arrival = watch;
    });
    return () => {
      stop();
      arrival?.disconnect();
    };
  }, [router]);
}

export function Shell({ session }: { session: Session }) {
  const { t } = useTranslation();
  useFocusOnNavigation();
  useLiveFeed(session.tenant.id, !useStore(ended));
  const { role, permissions } = session;
  const access = useMemo(() => accessOf({ role, permissions }), [role, permissions]);
  return (
    <AccessContext value={access}>
      <div className="min-h-dvh md:grid md:grid-cols-[13rem_minmax(0,1fr)]">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          {t("shell.skip")}
        </a>
        <aside className="sticky top-0 hidden h-dvh border-line border-r md:block">
          <Sidebar session={session} />
        </aside>
        <MobileBar session={session} />
        <div className="flex min-w-0 flex-col pb-(--toasts) transition-none">
          <ConnectionBanner />
          <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-3 py-4 sm:px-6 sm:py-5">
            {/* A page of another tenant begins anew. */}
            <Fragment key={session.tenant.id}>
              <Outlet />
            </Fragment>
          </main>
        </div>
      </div>
      <Everywhere />
      <Toasts />
    </AccessContext>
  );
}
