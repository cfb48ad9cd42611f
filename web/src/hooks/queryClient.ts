import { QueryClient } from "@tanstack/react-query";
import { onUnauthorized } from "@/api/client";
import { ApiError } from "@/api/errors";
import { ended } from "./ended";
import { keys } from "./keys";
import { createMutationCache } from "./lostActions";

/** A refusal does not get better by asking again; a gateway that restarts does. */
function retry(failures: number, error: Error): boolean {
  return !(error instanceof ApiError && error.status < 500) && failures < 2;
}

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    mutationCache: createMutationCache(),
    defaultOptions: {
      // The gateway is often on this machine: "offline" as the browser sees it says nothing.
      queries: { networkMode: "always", retry, retryDelay: 800, staleTime: 5_000 },
      mutations: { networkMode: "always" },
    },
  });
  // Only the session decides whether we are signed out; another 401 makes it look again.
  onUnauthorized(() => {
    if (!ended.get()) void client.invalidateQueries({ queryKey: keys.session });
  });
  return client;
}
