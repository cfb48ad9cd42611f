import { ArrowUp, Square } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ImagePicker } from "./ImagePicker";
import { ImageRefusals } from "./ImageRefusals";
import { Thumbnails } from "./Thumbnails";
import { useImages } from "./useImages";

interface ComposerProps {
  busy: boolean;
  ready: boolean;
  /** What is sent while an answer streams waits for the agent's next step. */
  queues?: boolean;
  /** Pictures may go along. */
  pictures?: boolean;
  stopping?: boolean;
  /** Why this role may not ask. */
  denied?: string | undefined;
  onSend: (text: string, images: string[]) => void;
  onStop: () => void;
}

export function Composer({
  busy,
  ready,
  queues = false,
  pictures = false,
  stopping = false,
  denied,
  onSend,
  onStop,
}: ComposerProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const { images, refused, add, remove, clear, handlers } = useImages(pictures && denied === undefined);
  // The answer has ended: who was about to stop it is not left nowhere.
  const whileThere = useCallback(
    (button: HTMLButtonElement) => () => {
      if (document.activeElement === button) box.current?.focus();
    },
    [],
  );
  const empty = text.trim() === "" && images.length === 0;
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if ((busy && !queues) || !ready || denied !== undefined || empty) return;
    onSend(text.trim(), images);
    setText("");
    clear();
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
      {...handlers}
      className="flex flex-col gap-2 rounded-b-lg border border-line border-t-0 bg-surface p-2 focus-within:outline-1 focus-within:outline-accent focus-within:-outline-offset-1"
    >
      <ImageRefusals refused={refused} />
      <Thumbnails images={images} onRemove={remove} />
      <div className="flex items-end gap-2">
        {pictures && <ImagePicker denied={denied} onPick={(files) => void add(files)} />}
        <textarea
          ref={box}
          rows={Math.min(8, Math.max(1, text.split("\n").length))}
          value={text}
          aria-label={t("chat.message")}
          placeholder={t(busy && queues ? "chat.placeholder_queue" : "chat.placeholder")}
          disabled={denied !== undefined}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          className="min-w-0 flex-1 resize-none bg-transparent px-2 py-1 outline-none"
        />
        {busy && (
          <Button ref={whileThere} busy={stopping} onClick={onStop}>
            {!stopping && <Square size={12} aria-hidden fill="currentColor" />}
            {t(stopping ? "chat.stopping" : "chat.stop")}
          </Button>
        )}
        {(!busy || queues) && (
          <Button type="submit" look="primary" denied={denied} disabled={!ready || empty}>
            <ArrowUp size={15} aria-hidden />
            {t(busy ? "chat.queue" : "chat.send")}
          </Button>
        )}
      </div>
    </form>
  );
}
