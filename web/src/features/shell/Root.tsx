import { useReloadWhenBack } from "@/hooks/useReachable";
import { useSession } from "@/hooks/useSession";
import { SignIn } from "../session/SignIn";
import { Booting, Unreachable } from "./Booting";
import { Shell } from "./Shell";

/**
 * The page, or the sign-in in its place. The address does not change, so signing in
 * brings one back to where one was.
 */
export function Root() {
  useReloadWhenBack();
  const session = useSession();
  if (session.data) return <Shell session={session.data} />;
  if (session.data === null) return <SignIn />;
  if (session.isError) return <Unreachable error={session.error} onRetry={() => void session.refetch()} />;
  return <Booting />;
}
