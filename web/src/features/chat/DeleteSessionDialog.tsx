import { useTranslation } from "react-i18next";
import type { Conversation } from "@/api/loop";
import { AskDialog } from "@/components/AskDialog";
import { useRemoveConversation } from "@/hooks/useConversations";
import { titleOf } from "./transcript";

interface DeleteSessionDialogProps {
  conversation: Conversation;
  onGone: () => void;
  onClose: () => void;
}

export function DeleteSessionDialog({ conversation, onGone, onClose }: DeleteSessionDialogProps) {
  const { t } = useTranslation();
  const remove = useRemoveConversation();
  const done = () => {
    onClose();
    onGone();
  };
  return (
    <AskDialog
      title={t("sessions.delete_title", { title: titleOf(conversation) })}
      action={t("common.delete")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(conversation.id, { onSuccess: done })}
      onClose={onClose}
    >
      {t("sessions.delete_lead", { count: conversation.item_count })}
    </AskDialog>
  );
}
