import { useTranslation } from "react-i18next";
import { Field } from "@/components/Field";
import { Input, Textarea } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { SecretList } from "./SecretList";
import type { FieldName, ServerDraft } from "./serverDraft";

interface TransportFieldsProps {
  draft: ServerDraft;
  set: (change: Partial<ServerDraft>) => void;
  errors: Record<FieldName, string[]>;
}

/** How the server is reached: a program here, or an address. */
export function TransportFields({ draft, set, errors }: TransportFieldsProps) {
  const { t } = useTranslation();
  if (draft.transport === "streamable_http")
    return (
      <>
        <Field label={t("mcp.url")} hint={t("mcp.url_hint")} errors={errors.url}>
          <Input
            type="url"
            value={draft.url}
            spellCheck={false}
            placeholder="https://example.com/mcp"
            onChange={({ target }) => set({ url: target.value })}
          />
        </Field>
        <SecretList
          label={t("mcp.headers")}
          hint={t("mcp.secrets_hint")}
          secrets={draft.headers}
          errors={errors.headers}
          onChange={(headers) => set({ headers })}
        />
      </>
    );
  return (
    <>
      <Notice tone="warn">{t("mcp.stdio_warning")}</Notice>
      <Field label={t("mcp.command")} hint={t("mcp.command_hint")} errors={errors.command}>
        <Input
          value={draft.command}
          spellCheck={false}
          placeholder="npx"
          onChange={({ target }) => set({ command: target.value })}
        />
      </Field>
      <Field label={t("mcp.args")} hint={t("mcp.args_hint")} errors={errors.args}>
        <Textarea
          rows={3}
          className="font-mono text-xs"
          value={draft.args}
          spellCheck={false}
          placeholder={"-y\n@modelcontextprotocol/server-filesystem\n/srv/files"}
          onChange={({ target }) => set({ args: target.value })}
        />
      </Field>
      <SecretList
        label={t("mcp.env")}
        hint={t("mcp.secrets_hint")}
        secrets={draft.env}
        errors={errors.env}
        onChange={(env) => set({ env })}
      />
    </>
  );
}
