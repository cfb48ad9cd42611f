import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { followRun, resumeRun, startRun } from "@/api/runs";
import { rewindConversation } from "@/api/sessions";
import { keys } from "@/hooks/keys";
import { useConversation, useHistory, useRunsOf } from "@/hooks/useConversations";
import { isOn } from "./applyRunEvent";
import { mergeTurns } from "./mergeTurns";
import type { Queued } from "./queue";
import { newSessionKey } from "./sessionKey";
import { turnsOf } from "./storedTurns";
import { newTurn, type Turn, type UserMessage } from "./transcript";
import { useRunFollower } from "./useRunFollower";

export type Draft = Omit<UserMessage, "seq">;

interface AgentChatOptions {
  agent: string;
  /** The conversation that is open; `undefined` begins one. */
  session: string | undefined;
  /** A conversation has begun. */
  onBegun: (session: string) => void;
}

let count = 0;
const nextId = (kind: string) => `${kind}-${++count}`;

/** A conversation with an agent: what is stored, the run that is on, and what waits for it. */
export function useAgentChat({ agent, session, onBegun }: AgentChatOptions) {
  const queries = useQueryClient();
  const conversation = useConversation(session);
  const history = useHistory(session);
  const runs = useRunsOf(session);
  const follower = useRunFollower(session, onBegun);
  const { live, follow, isFollowing, changeQueue, setProblem } = follower;

  const keyOfNew = useRef(newSessionKey());
  useEffect(() => {
    if (session === undefined) keyOfNew.current = newSessionKey();
  }, [session]);

  // A run that something else began, or that was on when the page was left.
  const running = conversation.data?.running_run_id ?? null;
  useEffect(() => {
    if (running === null || session === undefined || isFollowing()) return;
    const turn = newTurn(nextId("live"), null, { state: "running", runId: running });
    void follow(turn, (signal) => followRun(running, null, signal), session);
  }, [running, session, follow, isFollowing]);

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
      follower.letGo();
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
    queue: follower.queue.filter(({ state }) => state !== "taken"),
    busy,
    stopping: follower.stopping,
    link: follower.link,
    problem: follower.problem,
    send,
    sayAgain: (turn: Turn, message: Draft) => !busy && void sayAgain(turn, message),
    stop: follower.stop,
    resume: (turn: Turn) => !busy && turn.runId !== null && resume(turn, turn.runId),
    /** Takes a message out of the queue, to send it again or to forget it. */
    unqueue: (id: string, again: boolean) => {
      const found = follower.queue.find((it) => it.id === id);
      changeQueue((all) => all.filter((it) => it.id !== id));
      if (found && again) send(found.message);
    },
  };
}

export type AgentChat = ReturnType<typeof useAgentChat>;
