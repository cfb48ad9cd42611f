import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { Textarea } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { Rich } from "@/components/Rich";
import { parseAuthJson } from "./authJson";
import type { WayProps } from "./Ways";

/** Takes over the sign-in that the Codex CLI stored. */
export function ImportWay({ flow, disabled }: WayProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const fileId = useId();
  const json = parseAuthJson(text);
  const broken = text.trim() !== "" && json === null;
  return (
    <Form
      save={flow.importing}
      complete={!disabled && json !== null}
      action={t("connect.import")}
      onSave={() => json && flow.importJson(json)}
    >
      <p>
        <Rich text={t("connect.import_lead")} />
      </p>
      <Notice tone="warn">{t("connect.import_warning")}</Notice>
      <div className="flex flex-col gap-1">
        <label htmlFor={fileId} className="font-medium text-sm">
          {t("connect.file")}
        </label>
        <input
          id={fileId}
          type="file"
          accept=".json,application/json"
          className="text-sm file:mr-3 file:h-8 file:rounded-md file:border file:border-line file:bg-surface file:px-3 file:font-medium file:text-ink"
          onChange={async ({ target }) => setText((await target.files?.[0]?.text()) ?? "")}
        />
      </div>
      <Field
        label={t("connect.json")}
        hint={t("connect.json_hint")}
        errors={broken ? [t("connect.json_broken")] : []}
      >
        <Textarea
          name="auth_json"
          rows={5}
          value={text}
          spellCheck={false}
          autoComplete="off"
          className="font-mono text-xs!"
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
    </Form>
  );
}
