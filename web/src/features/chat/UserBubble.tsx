import { Pencil } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Textarea } from "@/components/inputs";
import { Thumbnails } from "./Thumbnails";

interface UserBubbleProps {
  text: string;
  images?: readonly string[];
  /** Says something else in its place; `undefined` while that cannot be. */
  onEdit?: ((text: string) => void) | undefined;
}

interface EditFormProps {
  text: string;
  onSend: (text: string) => void;
  onCancel: () => void;
}

function EditForm({ text, onSend, onCancel }: EditFormProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.trim()) onSend(draft.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <Textarea
        // It appears in the place of the button that had the focus.
        autoFocus
        rows={Math.min(10, draft.split("\n").length + 1)}
        aria-label={t("chat.edit_message")}
        value={draft}
        onKeyDown={onKeyDown}
        onChange={({ target }) => setDraft(target.value)}
      />
      <p className="text-muted text-xs">{t("chat.edit_hint")}</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
        <Button type="submit" look="primary" disabled={!draft.trim()}>
          {t("chat.send")}
        </Button>
      </div>
    </form>
  );
}

/** What the user said, and a way to say it differently. */
export function UserBubble({ text, images = [], onEdit }: UserBubbleProps) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  if (editing && onEdit) {
    const send = (next: string) => {
      setEditing(false);
      onEdit(next);
    };
    return <EditForm text={text} onSend={send} onCancel={() => setEditing(false)} />;
  }
  return (
    <div className="group/bubble flex items-start justify-end gap-1">
      {onEdit && (
        <Button
          look="quiet"
          size="icon"
          aria-label={t("chat.edit_message")}
          title={t("chat.edit_message")}
          className="text-muted opacity-60 focus-visible:opacity-100 group-hover/bubble:opacity-100"
          onClick={() => setEditing(true)}
        >
          <Pencil size={14} aria-hidden />
        </Button>
      )}
      <div className="flex max-w-[85%] flex-col gap-2 rounded-lg bg-accent-soft px-3 py-2">
        <Thumbnails images={images} />
        {text && <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>}
      </div>
    </div>
  );
}
