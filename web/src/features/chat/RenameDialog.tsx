import { useTranslation } from "react-i18next";
import type { Conversation } from "@/api/loop";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import { useRenameConversation } from "@/hooks/useConversations";
import { titleOf } from "./transcript";

interface RenameDialogProps {
  conversation: Conversation;
  onClose: () => void;
}

export function RenameDialog({ conversation, onClose }: RenameDialogProps) {
  const { t } = useTranslation();
  const rename = useRenameConversation();
  const { draft, guard, set, saved } = useDraft(() => ({ title: titleOf(conversation) }), rename);
  const wrong = usePlaced(rename.error, ["title"]);
  const title = draft.title.trim();
  const onSuccess = () => {
    saved();
    onClose();
  };
  return (
    <Dialog onClose={onClose} title={t("sessions.rename")}>
      <Form
        save={rename}
        wrong={wrong}
        guard={guard}
        complete={title !== ""}
        onSave={() => rename.mutate({ id: conversation.id, title }, { onSuccess })}
        onClose={onClose}
      >
        <Field label={t("sessions.name")} errors={wrong.at.title}>
          <Input
            value={draft.title}
            maxLength={200}
            onChange={({ target }) => set({ title: target.value })}
          />
        </Field>
      </Form>
    </Dialog>
  );
}
