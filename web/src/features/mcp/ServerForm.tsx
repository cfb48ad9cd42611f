import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { McpServer } from "@/api/loop";
import { Button } from "@/components/Button";
import { Checkbox } from "@/components/Checkbox";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input, Select } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { SLUG } from "@/components/slug";
import { useDenied } from "@/hooks/useMay";
import { useSaveMcpServer } from "@/hooks/useMcpServers";
import { placeViolations, serverDraftOf, toServerInput } from "./serverDraft";
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
  const [draft, setDraft] = useState(() => serverDraftOf(server, !stdioDenied));
  const save = useSaveMcpServer(server && (server.id ?? server.name));
  const denied = useDenied("manage_tools");
  const programs = stdioDenied && server?.transport === "stdio" ? t("mcp.stdio_owner") : undefined;
  const fixed = server?.managed_by === "file" ? t("mcp.read_only") : (denied ?? programs);
  const readOnly = fixed !== undefined;
  const name = draft.name.trim();
  const nameTaken = name !== server?.name && taken.includes(name);
  const wrong = placeViolations(save.error instanceof ApiError ? save.error.body : null);
  const timeoutValid = /^\d{0,4}$/.test(draft.timeout.trim());
  const reached = (draft.transport === "stdio" ? draft.command : draft.url).trim() !== "";
  const complete = SLUG.test(name) && !nameTaken && reached && timeoutValid;
  const set = (change: Partial<typeof draft>) => {
    // What was said of the old draft is not true of the new one.
    save.reset();
    setDraft({ ...draft, ...change });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete && !readOnly && !save.isPending) save.mutate(toServerInput(draft), { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit}>
      <fieldset disabled={readOnly} className="flex min-w-0 flex-col gap-4">
        {readOnly && <Notice tone="idle">{fixed}</Notice>}
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
      </fieldset>
      {wrong.other.map((text) => (
        <Notice key={text} tone="bad" className="mt-4">
          {text}
        </Notice>
      ))}
      {save.isError && !wrong.any && <ErrorNotice error={save.error} className="mt-4" />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{t(readOnly ? "common.close" : "common.cancel")}</Button>
        {!readOnly && (
          <Button type="submit" look="primary" busy={save.isPending} disabled={!complete}>
            {t("common.save")}
          </Button>
        )}
      </div>
    </form>
  );
}
