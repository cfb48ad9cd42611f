import { AnswerText } from "./AnswerText";
import { Thinking } from "./Thinking";
import { ToolBlockView } from "./ToolBlockView";
import type { Block } from "./transcript";
import { UserBubble } from "./UserBubble";

interface BlockViewProps {
  block: Block;
  /** It is the one that grows. */
  streaming: boolean;
  /** Its run is on. */
  on: boolean;
  run: string | null;
}

export function BlockView({ block, streaming, on, run }: BlockViewProps) {
  switch (block.kind) {
    case "thinking":
      return <Thinking text={block.text} streaming={streaming} />;
    case "text":
      return <AnswerText text={block.text} aside={block.phase === "commentary"} />;
    case "tool":
      return <ToolBlockView block={block} on={on} run={run} />;
    case "user":
      return <UserBubble text={block.message.text} images={block.message.images} />;
  }
}
