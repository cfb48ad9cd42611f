import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "@/api/loop";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { useRenameConversation } from "@/hooks/useConversations";
import { titleOf } from "./transcript";

interface RenameDialogProps {
  conversation: Conversation;
  onClose: () => void;
}

export function RenameDialog({ conversation, onClose }: RenameDialogProps) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(titleOf(conversation));
  const rename = useRenameConversation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (title.trim() && !rename.isPending)
      rename.mutate({ id: conversation.id, title: title.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog onClose={onClose} title={t("sessions.rename")}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t("sessions.name")}>
          <Input value={title} maxLength={200} onChange={({ target }) => setTitle(target.value)} />
        </Field>
        {rename.isError && <ErrorNotice error={rename.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" busy={rename.isPending} disabled={!title.trim()}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
