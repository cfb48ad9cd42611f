import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { streamChat } from "@/api/chat";
import { keys } from "@/hooks/keys";
import { applyEvent, closeTurn, newTurn, nextAsk, type Turn } from "./turns";

/** A conversation with a plain model. It lives as long as the page; one answer streams at a time. */
export function useChat() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [turns, setTurns] = useState<Turn[]>([]);
  const running = useRef<AbortController | null>(null);
  const nextId = useRef(0);
  const busy = turns.some((turn) => turn.state === "streaming");

  useEffect(() => () => running.current?.abort(), []);

  const ask = async (earlier: Turn[], question: string, model: string) => {
    const controller = new AbortController();
    running.current = controller;
    const id = nextId.current++;
    const started = performance.now();
    const change = (update: (turn: Turn) => Turn) =>
      setTurns((all) => all.map((turn) => (turn.id === id ? update(turn) : turn)));
    const next = nextAsk(earlier, question, model);
    setTurns([...earlier, newTurn(id, question, model)]);
    try {
      const stream = await streamChat(next, controller.signal);
      change((turn) => ({ ...turn, servedBy: stream.servedBy }));
      for await (const event of stream.events) change((turn) => applyEvent(turn, event));
      change((turn) => closeTurn(turn, new Error(t("chat.cut_off"))));
    } catch (error) {
      const end: Partial<Turn> = controller.signal.aborted
        ? { state: "stopped" }
        : { state: "failed", error };
      change((turn) => ({ ...turn, ...end }));
    } finally {
      change((turn) => ({ ...turn, durationMs: performance.now() - started }));
      void queries.invalidateQueries({ queryKey: keys.overview });
      void queries.invalidateQueries({ queryKey: keys.requests });
    }
  };

  return {
    turns,
    busy,
    send: (question: string, model: string) => void ask(turns, question, model),
    /** Asks from there on again, with `question` in the place of what was asked. */
    ask: (id: number, question: string, model: string) => {
      if (!busy)
        void ask(
          turns.filter((each) => each.id < id),
          question,
          model,
        );
    },
    stop: () => running.current?.abort(),
    clear: () => {
      running.current?.abort();
      setTurns([]);
    },
  };
}
