import { useTranslation } from "react-i18next";
import type { Tool } from "@/api/loop";
import { Checkbox } from "@/components/Checkbox";
import { hasWhole, isAllowed, type ToolChoice } from "./toolChoice";

interface ToolGroupProps {
  /** `builtin` or `mcp:<server>`. */
  source: string;
  tools: Tool[];
  choice: ToolChoice;
  onTool: (tool: Tool, on: boolean) => void;
  onWhole: (on: boolean) => void;
}

/** The tools of one source; a server's can be taken as a whole. */
export function ToolGroup({ source, tools, choice, onTool, onWhole }: ToolGroupProps) {
  const { t } = useTranslation();
  const server = source.startsWith("mcp:") ? source.slice("mcp:".length) : null;
  const title = server === null ? t("agents.tools_builtin") : t("agents.tools_of", { server });
  return (
    <fieldset className="min-w-0 rounded-md border border-line px-3 pb-2.5">
      <legend className="px-1 text-muted text-xs">{title}</legend>
      {server !== null && (
        <div className="mb-1.5 border-line border-b pb-1.5">
          <Checkbox
            label={t("agents.tools_whole", { server })}
            checked={hasWhole(choice, source)}
            onChange={({ target }) => onWhole(target.checked)}
          />
        </div>
      )}
      <div className="grid gap-x-4 gap-y-1.5 sm:grid-cols-2">
        {tools.map((tool) => (
          <Checkbox
            key={tool.name}
            label={<code className="font-mono text-xs">{tool.name}</code>}
            hint={
              tool.enabled
                ? tool.description
                : t("agents.tool_disabled", { reason: tool.reason || t("agents.tool_no_reason") })
            }
            checked={isAllowed(choice, tool)}
            onChange={({ target }) => onTool(tool, target.checked)}
          />
        ))}
      </div>
    </fieldset>
  );
}
