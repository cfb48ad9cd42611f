import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { placed } from "./pools";

interface Wanted {
  /** The names in their order. */
  order: readonly string[];
  onDrop: (order: string[], moved: string) => void;
  /** What a screen reader should hear. */
  onSay: (event: "taken" | "moved" | "dropped" | "cancelled", name: string, place: number) => void;
}

interface Held {
  name: string;
  order: string[];
  by: "pointer" | "keyboard";
}

/** The place that the pointer is at among the rows: how many middles it has passed. */
export function placeAt(y: number, rows: readonly { top: number; height: number }[]): number {
  return rows.filter(({ top, height }) => y > top + height / 2).length;
}

/** Moves the rows of a list by pointer, or by keyboard: space takes and puts down, arrows move, escape gives up. */
export function useReorder({ order, onDrop, onSay }: Wanted) {
  const [held, setHeld] = useState<Held | null>(null);
  const rows = useRef(new Map<string, HTMLElement>());
  const shown = held?.order ?? order;
  const same = (next: readonly string[]) => next.every((name, place) => order[place] === name);
  const take = (name: string, by: Held["by"]) => {
    setHeld({ name, order: [...order], by });
    onSay("taken", name, order.indexOf(name));
  };
  const moveTo = (place: number) => {
    if (!held) return;
    const from = held.order.indexOf(held.name);
    const to = Math.max(0, Math.min(held.order.length - 1, place));
    if (to === from) return;
    setHeld({ ...held, order: placed(held.order, from, to) });
    onSay("moved", held.name, to);
  };
  const drop = () => {
    if (!held) return;
    setHeld(null);
    onSay("dropped", held.name, held.order.indexOf(held.name));
    if (!same(held.order)) onDrop(held.order, held.name);
  };
  const cancel = () => {
    if (!held) return;
    setHeld(null);
    onSay("cancelled", held.name, order.indexOf(held.name));
  };
  const handleOf = (name: string) => ({
    "aria-pressed": held?.name === name,
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      take(name, "pointer");
    },
    onPointerMove: (event: PointerEvent) => {
      if (held?.by !== "pointer" || held.name !== name) return;
      const others = shown.filter((it) => it !== name);
      moveTo(
        placeAt(
          event.clientY,
          others.flatMap((it) => rows.current.get(it)?.getBoundingClientRect() ?? []),
        ),
      );
    },
    onPointerUp: () => held?.by === "pointer" && drop(),
    onPointerCancel: () => held?.by === "pointer" && cancel(),
    onKeyDown: (event: KeyboardEvent) => {
      const mine = held?.name === name && held.by === "keyboard";
      const at = shown.indexOf(name);
      if (event.key === " " || event.key === "Enter") {
        if (mine) drop();
        else take(name, "keyboard");
      } else if (mine && event.key === "ArrowUp") moveTo(at - 1);
      else if (mine && event.key === "ArrowDown") moveTo(at + 1);
      else if (mine && event.key === "Escape") cancel();
      else return;
      event.preventDefault();
    },
    onBlur: () => held?.name === name && held.by === "keyboard" && cancel(),
  });
  const rowOf = (name: string) => (row: HTMLElement | null) => {
    if (row) rows.current.set(name, row);
    else rows.current.delete(name);
  };
  return { order: shown, held: held?.name ?? null, handleOf, rowOf };
}
