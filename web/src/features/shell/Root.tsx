import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";
import { ApiError } from "@/api/errors";
import type { Session } from "@/api/types";
import { ended } from "@/hooks/ended";
import { useStore } from "@/hooks/store";
import { useReloadWhenBack } from "@/hooks/useReachable";
import { useOtherTabs, useSession, whoIs } from "@/hooks/useSession";
import { whenIdle } from "@/hooks/whenIdle";
import { withWords } from "@/i18n";
import { Booting, Unreachable } from "./Booting";
import { Shell } from "./Shell";

// Who is signed in never needs it.
const SignIn = lazy(withWords(() => import("../session/SignIn")));
const loadSignInAgain = withWords(() => import("../session/SignInAgain"));
const SignInAgain = lazy(loadSignInAgain);
const NoPlace = lazy(withWords(() => import("../session/NoPlace")));

/** Pages for whoever has the link or a key, with a frame of their own. */
const INVITE = "/invite";
const ME = "/me";

/** Who has just signed in is in the page: the form that had the focus is gone. */
function useFocusOnEntry(session: Session | null | undefined) {
  const out = useRef(false);
  useEffect(() => {
    if (session === null) out.current = true;
    if (!session || !out.current) return;
    out.current = false;
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [session]);
}

/** The page of who is signed in. When their session ends, it stays, and they sign in again over it. */
function Page({ session }: { session: Session }) {
  const isOver = useStore(ended);
  // It is there when it is needed, also when the gateway has been updated since.
  useEffect(() => whenIdle(() => void loadSignInAgain().catch(() => {})), []);
  return (
    <>
      <Shell session={session} />
      <Suspense>{isOver && <SignInAgain session={session} />}</Suspense>
    </>
  );
}

/**
 * The page, or the sign-in in its place. The address does not change, so signing in
 * brings one back to where one was.
 */
export function Root() {
  useReloadWhenBack();
  const session = useSession();
  const isOver = useStore(ended);
  useOtherTabs(session.data && !isOver ? whoIs(session.data) : null);
  useFocusOnEntry(session.data);
  const path = useRouterState({ select: (state) => state.location.pathname.replace(/(.)\/$/, "$1") });
  if (path === INVITE || (path === ME && session.data === null))
    return (
      <Suspense fallback={<Booting />}>
        <Outlet />
      </Suspense>
    );
  // Also when there was a page: it would only show refusals.
  if (session.error instanceof ApiError && session.error.code === "no_access")
    return (
      <Suspense fallback={<Booting />}>
        <NoPlace />
      </Suspense>
    );
  // Of another person, a page begins anew.
  if (session.data) return <Page key={whoIs(session.data)} session={session.data} />;
  if (session.data === null)
    return (
      <Suspense fallback={<Booting />}>
        <SignIn />
      </Suspense>
    );
  if (session.isError) return <Unreachable error={session.error} onRetry={() => void session.refetch()} />;
  return <Booting />;
}
