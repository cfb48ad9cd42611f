import { ArrowUp, Square } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";

interface ComposerProps {
  busy: boolean;
  ready: boolean;
  /** Why this role may not ask. */
  denied?: string | undefined;
  onSend: (text: string) => void;
  onStop: () => void;
}

export function Composer({ busy, ready, denied, onSend, onStop }: ComposerProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (busy || !ready || denied !== undefined || text.trim() === "") return;
    onSend(text.trim());
    setText("");
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends an input method's composition is not "send".
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      onSubmit={submit}
      className="flex items-end gap-2 rounded-b-lg border border-line border-t-0 bg-surface p-2 focus-within:outline-1 focus-within:outline-accent focus-within:-outline-offset-1"
    >
      <textarea
        ref={box}
        rows={Math.min(8, Math.max(1, text.split("\n").length))}
        value={text}
        aria-label={t("chat.message")}
        placeholder={t("chat.placeholder")}
        disabled={denied !== undefined}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="min-w-0 flex-1 resize-none bg-transparent px-2 py-1 outline-none"
      />
      {busy ? (
        <Button onClick={onStop}>
          <Square size={12} aria-hidden fill="currentColor" />
          {t("chat.stop")}
        </Button>
      ) : (
        <Button type="submit" look="primary" denied={denied} disabled={!ready || text.trim() === ""}>
          <ArrowUp size={15} aria-hidden />
          {t("chat.send")}
        </Button>
      )}
    </form>
  );
}
