import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Conversation, RunEvent } from "@/api/loop";
import { cancelRun, followRun, type RunStream, resumeRun, startRun } from "@/api/runs";
import { type History, rewindConversation } from "@/api/sessions";
import { keys } from "@/hooks/keys";
import { type Link, runFeed } from "@/hooks/runFeed";
import { useConversation, useHistory, useRunsOf } from "@/hooks/useConversations";
import { applyRunEvent, isOn } from "./applyRunEvent";
import { mergeTurns } from "./mergeTurns";
import { type Queued, settle } from "./queue";
import { newSessionKey } from "./sessionKey";
import { newTurn, type Turn, turnsOf, type UserMessage } from "./transcript";

export type Draft = Omit<UserMessage, "seq">;

interface AgentChatOptions {
  agent: string;
  /** The conversation that is open; `undefined` begins one. */
  session: string | undefined;
  /** A conversation has begun. */
  onBegun: (session: string) => void;
}

/** The run that this page follows. */
interface Followed {
  controller: AbortController;
  run: string | null;
  session: string | undefined;
  /** To be stopped as soon as its id is known. */
  stop: boolean;
}

let count = 0;
const nextId = (kind: string) => `${kind}-${++count}`;

/** A conversation with an agent: what is stored, the run that is on, and what waits for it. */
export function useAgentChat({ agent, session, onBegun }: AgentChatOptions) {
  const queries = useQueryClient();
  const conversation = useConversation(session);
  const history = useHistory(session);
  const runs = useRunsOf(session);
  const [live, setLive] = useState<Turn | null>(null);
  const [queue, setQueue] = useState<Queued[]>([]);
  const [link, setLink] = useState<Link>("live");
  const [stopping, setStopping] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const current = useRef<Followed>(null);
  const shown = useRef(session);
  const queueNow = useRef<Queued[]>([]);
  const keyOfNew = useRef(newSessionKey());
  const begun = useRef(onBegun);
  begun.current = onBegun;

  const changeQueue = useCallback((update: (queue: Queued[]) => Queued[]) => {
    queueNow.current = update(queueNow.current);
    setQueue(queueNow.current);
  }, []);

  const drop = useCallback(() => {
    current.current?.controller.abort();
    current.current = null;
    setLive(null);
    changeQueue(() => []);
    setLink("live");
    setStopping(false);
    setProblem(null);
  }, [changeQueue]);

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
    if (session === undefined) keyOfNew.current = newSessionKey();
    drop();
  }, [session, drop]);

  // Leaving the page does not stop the run; it only stops looking.
  useEffect(
    () => () => {
      current.current?.controller.abort();
      current.current = null;
    },
    [],
  );

  // A run that something else began, or that was on when the page was left.
  const running = conversation.data?.running_run_id ?? null;
  useEffect(() => {
    if (running === null || session === undefined || current.current !== null) return;
    const turn = newTurn(nextId("live"), null, { state: "running", runId: running });
    void follow(turn, (signal) => followRun(running, null, signal), session);
  }, [running, session, follow]);

  const inputOf = ({ text, images }: Draft) => ({
    message: text,
    session_key: conversation.data?.session_key ?? keyOfNew.current,
    ...(images.length > 0 && { images }),
  });

  const start = (message: Draft) => {
    const turn = newTurn(nextId("live"), { ...message, seq: null }, { state: "sent" });
    void follow(turn, (signal) => startRun(agent, inputOf(message), signal), session);
  };

  /** Hands a message to the run that is on. Where that has just ended, the message begins a new one. */
  const enqueue = async (draft: Draft) => {
    const id = nextId("queued");
    const message = { ...draft, seq: null };
    const change = (update: Partial<Queued>) =>
      changeQueue((all) => all.map((it) => (it.id === id ? { ...it, ...update } : it)));
    changeQueue((all) => [...all, { id, message, state: "sending", error: null }]);
    const controller = new AbortController();
    try {
      const stream = await startRun(agent, inputOf(draft), controller.signal);
      const first = await stream.next();
      controller.abort();
      if (first.done || first.value.type !== "run.started") return change({ state: "queued" });
      changeQueue((all) => all.filter((it) => it.id !== id));
      const { run_id, session_id } = first.value;
      current.current?.controller.abort();
      const turn = newTurn(nextId("live"), message, { state: "sent", runId: run_id });
      void follow(turn, (signal) => followRun(run_id, null, signal), session_id);
    } catch (error) {
      change({ state: "failed", error });
    }
  };

  const busy = live !== null && isOn(live);
  const send = (message: Draft) => (busy ? void enqueue(message) : start(message));

  /** Forgets the turn and all after it, and says `message` in its place. */
  const sayAgain = async (turn: Turn, message: Draft) => {
    const seq = turn.user?.seq ?? null;
    setProblem(null);
    try {
      if (session !== undefined && seq !== null) {
        await rewindConversation(session, seq);
        await queries.invalidateQueries({ queryKey: keys.conversation(session) });
      }
      start(message);
    } catch (error) {
      setProblem(error);
    }
  };

  const resume = (turn: Turn, run: string) => {
    const again = newTurn(nextId("live"), turn.user, { state: "running", runId: run });
    // Its events from the first on: what was seen of it before may be stored or not.
    const open = async (signal: AbortSignal) => {
      const stream = await resumeRun(run, signal);
      await stream.return(undefined);
      return followRun(run, null, signal);
    };
    void follow(again, open, session);
  };

  const storedTurns = useMemo(
    () => turnsOf(history.data?.items ?? [], runs.data ?? []),
    [history.data, runs.data],
  );
  return {
    turns: mergeTurns(storedTurns, live),
    compactions: history.data?.compactions ?? [],
    conversation,
    history,
    /** What waits for a step, or was not taken by any. */
    queue: queue.filter(({ state }) => state !== "taken"),
    busy,
    stopping,
    link,
    problem,
    send,
    sayAgain: (turn: Turn, message: Draft) => !busy && void sayAgain(turn, message),
    stop: () => {
      if (!current.current) return;
      setStopping(true);
      if (current.current.run === null) current.current.stop = true;
      else void cancel(current.current.run);
    },
    resume: (turn: Turn) => !busy && turn.runId !== null && resume(turn, turn.runId),
    /** Takes a message out of the queue, to send it again or to forget it. */
    unqueue: (id: string, again: boolean) => {
      const found = queueNow.current.find((it) => it.id === id);
      changeQueue((all) => all.filter((it) => it.id !== id));
      if (found && again) send(found.message);
    },
  };
}

export type AgentChat = ReturnType<typeof useAgentChat>;
