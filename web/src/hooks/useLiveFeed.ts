import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { openEvents } from "@/api/events";
import { announce } from "./announce";
import { applyEvent, LIVE_KEYS } from "./applyEvent";
import { keys } from "./keys";
import { type LiveState, live } from "./live";
import { createRefresher } from "./refresher";
import { useStore } from "./store";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Whether what is on the page comes live. */
export function useLiveState(): LiveState {
  return useStore(live);
}

/**
 * Keeps the query cache current from the gateway's events. Once per page. A hidden page lets go of its
 * connection, since a browser has only six for one gateway; coming back reads everything anew. Another `tenant` has
 * a feed of its own. Not `on`, it waits.
 */
export function useLiveFeed(tenant?: string, on = true) {
  const queries = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the calls name the tenant by themselves
  useEffect(() => {
    if (!on) return;
    const refresher = createRefresher(queries);
    let close: (() => void) | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = FIRST_RETRY_MS;
    // The very first connection comes with the page's own first reads.
    let missed = false;

    const stop = () => {
      clearTimeout(timer);
      close?.();
      close = null;
    };
    const start = () => {
      stop();
      if (document.visibilityState === "hidden") return;
      close = openEvents({
        onOpen: () => {
          wait = FIRST_RETRY_MS;
          live.set("live");
          if (missed) refresher.add(LIVE_KEYS);
          missed = false;
        },
        onEvent: (event) => {
          announce(queries, event, Date.now());
          refresher.add(applyEvent(queries, event));
        },
        onLost: (final) => {
          // What only the feed kept current is asked for from now on.
          if (live.get() === "live") refresher.add(LIVE_KEYS);
          live.set("lost");
          // The session says why: it has ended, or the gateway does not answer.
          void queries.invalidateQueries({ queryKey: keys.session });
          if (!final) return;
          // A refusal: the browser gives up.
          missed = true;
          timer = setTimeout(start, wait);
          wait = Math.min(wait * 2, LONGEST_RETRY_MS);
        },
      });
    };
    const onVisibility = () => {
      missed = true;
      if (document.visibilityState === "hidden") stop();
      else start();
    };
    start();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      stop();
      refresher.stop();
      live.set("connecting");
    };
  }, [queries, tenant, on]);
}
