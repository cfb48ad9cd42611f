import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Conversation, RunEvent } from "@/api/loop";
import { cancelRun, type RunStream } from "@/api/runs";
import type { History } from "@/api/sessions";
import { keys } from "@/hooks/keys";
import { type Link, runFeed } from "@/hooks/runFeed";
import { applyRunEvent, isOn } from "./applyRunEvent";
import { type Queued, settle } from "./queue";
import type { Turn } from "./transcript";

/** The run that this page follows. */
interface Followed {
  controller: AbortController;
  run: string | null;
  session: string | undefined;
  /** To be stopped as soon as its id is known. */
  stop: boolean;
}

/**
 * Follows one run of a conversation at a time: its turn as it grows, the connection to it, what waits for its next
 * step. Another `session` lets go of what was followed; the run itself goes on.
 */
export function useRunFollower(session: string | undefined, onBegun: (session: string) => void) {
  const queries = useQueryClient();
  const [live, setLive] = useState<Turn | null>(null);
  const [queue, setQueue] = useState<Queued[]>([]);
  const [link, setLink] = useState<Link>("live");
  const [stopping, setStopping] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const current = useRef<Followed>(null);
  const shown = useRef(session);
  const queueNow = useRef<Queued[]>([]);
  const begun = useRef(onBegun);
  begun.current = onBegun;

  const changeQueue = useCallback((update: (queue: Queued[]) => Queued[]) => {
    queueNow.current = update(queueNow.current);
    setQueue(queueNow.current);
  }, []);

  const cancel = useCallback(async (run: string) => {
    try {
      await cancelRun(run);
    } catch (error) {
      setStopping(false);
      setProblem(error);
    }
  }, []);

  /** Reads again what a run has changed, and settles what was said meanwhile. */
  const reload = useCallback(
    async ({ run, session: id }: Followed) => {
      void queries.invalidateQueries({ queryKey: keys.requests });
      void queries.invalidateQueries({ queryKey: keys.overview });
      if (id === undefined) return;
      await queries.invalidateQueries({ queryKey: keys.conversations });
      // The gateway may have gone on with what was queued.
      if (queries.getQueryData<Conversation>(keys.conversation(id))?.running_run_id) return;
      const items = queries.getQueryData<History>(keys.history(id))?.items ?? [];
      changeQueue((all) => settle(all, items, run));
    },
    [queries, changeQueue],
  );

  /** Follows one run to its end, then lets the stored conversation take its place. */
  const follow = useCallback(
    async (turn: Turn, open: (signal: AbortSignal) => Promise<RunStream>, id: string | undefined) => {
      const controller = new AbortController();
      const mine: Followed = { controller, run: turn.runId, session: id, stop: false };
      current.current = mine;
      setProblem(null);
      setLive(turn);
      const change = (update: (turn: Turn) => Turn) =>
        setLive((it) => (it?.id === turn.id ? update(it) : it));
      const see = (event: RunEvent) => {
        mine.run = event.run_id;
        if (event.type === "run.started") {
          // The list shows the conversation, and that it is at work.
          void queries.invalidateQueries({ queryKey: keys.conversationLists });
          if (mine.session === undefined) {
            mine.session = event.session_id;
            shown.current = event.session_id;
            begun.current(event.session_id);
          }
        }
        if (mine.stop) {
          mine.stop = false;
          void cancel(event.run_id);
        }
        // The step that begins takes what is queued.
        const step = event.type === "activity" && event.phase === "thinking";
        const taken = step ? queueNow.current.filter(({ state }) => state === "queued") : [];
        if (taken.length > 0)
          changeQueue((all) => all.map((it) => (taken.includes(it) ? { ...it, state: "taken" } : it)));
        const blocks = taken.map(({ message }) => ({ kind: "user" as const, message }));
        change((it) => applyRunEvent({ ...it, blocks: [...it.blocks, ...blocks] }, event));
      };
      try {
        const { signal } = controller;
        for await (const event of runFeed({ open: () => open(signal), signal, onLink: setLink })) see(event);
        // The stream ended, and no event said how: the run's process died.
        change((it) => (isOn(it) ? { ...it, state: "interrupted", activity: null } : it));
      } catch (error) {
        if (controller.signal.aborted) return;
        change((it) => ({ ...it, state: "failed", activity: null, error }));
      }
      if (current.current !== mine) return;
      current.current = null;
      setStopping(false);
      setLink("live");
      await reload(mine);
    },
    [queries, reload, cancel, changeQueue],
  );

  // Another conversation was opened: what is followed belongs to the one before.
  useEffect(() => {
    if (shown.current === session) return;
    shown.current = session;
    current.current?.controller.abort();
    current.current = null;
    setLive(null);
    changeQueue(() => []);
    setLink("live");
    setStopping(false);
    setProblem(null);
  }, [session, changeQueue]);

  // Leaving the page does not stop the run; it only stops looking.
  useEffect(
    () => () => {
      current.current?.controller.abort();
      current.current = null;
    },
    [],
  );

  return {
    live,
    queue,
    link,
    stopping,
    problem,
    setProblem,
    changeQueue,
    follow,
    /** Whether a run is followed, now and not as of the last render. */
    isFollowing: useCallback(() => current.current !== null, []),
    letGo: () => current.current?.controller.abort(),
    stop: () => {
      if (!current.current) return;
      setStopping(true);
      if (current.current.run === null) current.current.stop = true;
      else void cancel(current.current.run);
    },
  };
}
