import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Checkbox } from "@/components/Checkbox";
import { Loaded } from "@/components/Loaded";
import { useTools } from "@/hooks/useTools";
import { ToolGroup } from "./ToolGroup";
import { ALL, hasWhole, type ToolChoice, toolGroups, unknownIn, withTool, withWhole } from "./toolChoice";

interface ToolFieldsProps {
  choice: ToolChoice;
  onChange: (choice: ToolChoice) => void;
}

/** The tools that an agent may call. An agent that chose none has none. */
export function ToolFields({ choice, onChange }: ToolFieldsProps) {
  const { t } = useTranslation();
  const tools = useTools();
  return (
    <fieldset className="min-w-0">
      <legend className="font-semibold">{t("agents.tools")}</legend>
      <p className="mb-2 text-muted text-xs">
        {t("agents.tools_lead")}{" "}
        <Link to="/settings/mcp" className="text-accent underline underline-offset-2">
          {t("mcp.title")}
        </Link>
      </p>
      <Loaded query={tools} lines={3}>
        {(all) => (
          <div className="flex flex-col gap-3">
            <Checkbox
              label={t("agents.all_tools")}
              hint={t("agents.all_tools_hint")}
              checked={hasWhole(choice, ALL)}
              onChange={({ target }) => onChange(withWhole(choice, ALL, target.checked, all))}
            />
            {toolGroups(all).map(([source, its]) => (
              <ToolGroup
                key={source}
                source={source}
                tools={its}
                choice={choice}
                onTool={(tool, on) => onChange(withTool(choice, tool, on, all))}
                onWhole={(on) => onChange(withWhole(choice, source, on, all))}
              />
            ))}
            {unknownIn(choice, all).map((pattern) => (
              <Checkbox
                key={pattern}
                label={<code className="font-mono">{pattern}</code>}
                hint={t("agents.tool_unknown")}
                checked
                onChange={() => onChange({ ...choice, allow: choice.allow.filter((it) => it !== pattern) })}
              />
            ))}
          </div>
        )}
      </Loaded>
    </fieldset>
  );
}
