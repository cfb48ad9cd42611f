import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";

/** Asks for the API key that one holds. */
export function KeyEntry({ refused, onKey }: { refused: boolean; onKey: (key: string) => void }) {
  const { t } = useTranslation();
  const [key, setKey] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("keys.key")} hint={t("me.key_hint")}>
        <Input
          ref={input}
          type="password"
          name="api-key"
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={({ target }) => setKey(target.value)}
          className="h-9 font-mono"
        />
      </Field>
      {refused && <Notice tone="bad">{t("me.refused")}</Notice>}
      <Button type="submit" look="primary" disabled={key.trim() === ""} className="h-9">
        {t("me.show")}
      </Button>
    </form>
  );
}
