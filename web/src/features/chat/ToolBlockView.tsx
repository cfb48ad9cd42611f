import { useState } from "react";
import { useRunEvents } from "@/hooks/useRunEvents";
import { ToolCallView, type ToolState } from "./ToolCallView";
import type { ToolBlock } from "./transcript";

/** A stored result alone does not say whether it was an error: then nothing is said. */
function stateOf({ result, isError }: ToolBlock, on: boolean): ToolState | undefined {
  if (result === null) return on ? "running" : "no_result";
  if (isError === null) return undefined;
  return isError ? "failed" : "done";
}

interface ToolBlockViewProps {
  block: ToolBlock;
  /** Its run is on. */
  on: boolean;
  run: string | null;
}

/** A call in an agent's run. Of a stored one, the run's own log tells how it ended, once it is unfolded. */
export function ToolBlockView({ block, on, run }: ToolBlockViewProps) {
  const [open, setOpen] = useState(false);
  const missing = open && !on && block.result !== null && block.isError === null;
  const { data: events } = useRunEvents(missing ? run : null);
  const told = events?.find((it) => it.type === "tool.result" && it.id === block.id);
  const known =
    missing && told?.type === "tool.result"
      ? { ...block, isError: told.is_error, durationMs: told.duration_ms }
      : block;
  return (
    <ToolCallView
      name={known.name}
      input={known.arguments}
      state={stateOf(known, on)}
      result={known.result}
      durationMs={known.durationMs}
      onToggle={setOpen}
    />
  );
}
