import { useTranslation } from "react-i18next";
import type { McpServer } from "@/api/loop";
import { Checkbox } from "@/components/Checkbox";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input, Select } from "@/components/inputs";
import { SLUG } from "@/components/slug";
import { useDenied } from "@/hooks/useMay";
import { useSaveMcpServer } from "@/hooks/useMcpServers";
import { FIELDS, serverDraftOf, toServerInput } from "./serverDraft";
import { TransportFields } from "./TransportFields";

interface ServerFormProps {
  server: McpServer | null;
  taken: string[];
  onClose: () => void;
}

/** A server and how it is reached. What the gateway finds wrong stands at its field. */
export function ServerForm({ server, taken, onClose }: ServerFormProps) {
  const { t } = useTranslation();
  const stdioDenied = useDenied("run_programs") !== undefined;
  const save = useSaveMcpServer(server && (server.id ?? server.name));
  const { draft, guard, set, saved } = useDraft(() => serverDraftOf(server, !stdioDenied), save);
  const denied = useDenied("manage_tools");
  const programs = stdioDenied && server?.transport === "stdio" ? t("mcp.stdio_owner") : undefined;
  const fixed = server?.managed_by === "file" ? t("mcp.read_only") : (denied ?? programs);
  const readOnly = fixed !== undefined;
  const name = draft.name.trim();
  const nameTaken = name !== server?.name && taken.includes(name);
  const wrong = usePlaced(save.error, FIELDS);
  const timeoutValid = /^\d{0,4}$/.test(draft.timeout.trim());
  const reached = (draft.transport === "stdio" ? draft.command : draft.url).trim() !== "";
  const complete = SLUG.test(name) && !nameTaken && reached && timeoutValid;
  const done = () => {
    saved();
    onClose();
  };
  return (
    <Form
      save={save}
      wrong={wrong}
      guard={guard}
      fixed={fixed}
      complete={complete}
      onSave={() => save.mutate(toServerInput(draft), { onSuccess: done })}
      onClose={onClose}
    >
      <Field
        label={t("mcp.name")}
        hint={t("mcp.name_hint")}
        errors={nameTaken ? [t("errors.name_taken")] : wrong.at.name}
      >
        <Input
          value={draft.name}
          spellCheck={false}
          placeholder="files"
          onChange={({ target }) => set({ name: target.value })}
        />
      </Field>
      <Field
        label={t("mcp.transport_label")}
        hint={stdioDenied && !readOnly ? t("mcp.stdio_owner") : undefined}
      >
        <Select
          value={draft.transport}
          onChange={({ target }) =>
            set({ transport: target.value === "stdio" ? "stdio" : "streamable_http" })
          }
        >
          <option value="stdio" disabled={stdioDenied}>
            {t("mcp.transport.stdio")}
          </option>
          <option value="streamable_http">{t("mcp.transport.streamable_http")}</option>
        </Select>
      </Field>
      <TransportFields draft={draft} set={set} errors={wrong.at} />
      <Field label={t("mcp.timeout")} hint={t("mcp.timeout_hint")} errors={wrong.at.timeout_seconds}>
        <Input
          inputMode="numeric"
          value={draft.timeout}
          aria-invalid={!timeoutValid}
          placeholder="60"
          onChange={({ target }) => set({ timeout: target.value })}
        />
      </Field>
      <Checkbox
        label={t("mcp.enabled")}
        checked={draft.enabled}
        onChange={({ target }) => set({ enabled: target.checked })}
      />
    </Form>
  );
}
