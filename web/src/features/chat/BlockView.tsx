import { AnswerText } from "./AnswerText";
import { Thinking } from "./Thinking";
import { ToolCallView, type ToolState } from "./ToolCallView";
import type { Block, ToolBlock } from "./transcript";
import { UserBubble } from "./UserBubble";

/** A stored result does not say whether it was an error: then it is simply there. */
function stateOf({ result, isError }: ToolBlock, on: boolean): ToolState {
  if (result === null) return on ? "running" : "no_result";
  return isError ? "failed" : "done";
}

interface BlockViewProps {
  block: Block;
  /** It is the one that grows. */
  streaming: boolean;
  /** Its run is on. */
  on: boolean;
}

export function BlockView({ block, streaming, on }: BlockViewProps) {
  switch (block.kind) {
    case "thinking":
      return <Thinking text={block.text} streaming={streaming} />;
    case "text":
      return <AnswerText text={block.text} aside={block.phase === "commentary"} />;
    case "tool":
      return (
        <ToolCallView
          name={block.name}
          input={block.arguments}
          state={stateOf(block, on)}
          result={block.result}
          durationMs={block.durationMs}
        />
      );
    case "user":
      return <UserBubble text={block.message.text} images={block.message.images} />;
  }
}
