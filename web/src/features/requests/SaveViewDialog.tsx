import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { Input } from "@/components/inputs";
import { saveView } from "@/hooks/requestViews";
import type { RequestsSearch } from "@/routes/search";

const LONGEST = 40;

/** Gives the filters a name, by which this browser keeps them. */
export function SaveViewDialog({ search, onClose }: { search: RequestsSearch; onClose: () => void }) {
  const { t } = useTranslation();
  const { draft, guard, set, saved } = useDraft(() => ({ name: "" }));
  const name = draft.name.trim();
  const save = () => {
    saveView({ name, search });
    saved();
    onClose();
  };
  return (
    <Dialog title={t("requests.views.save")} lead={t("requests.views.kept")} onClose={onClose}>
      <Form guard={guard} complete={name !== ""} onSave={save} onClose={onClose}>
        <Field label={t("requests.views.name")}>
          <Input
            value={draft.name}
            maxLength={LONGEST}
            autoComplete="off"
            onChange={({ target }) => set({ name: target.value })}
          />
        </Field>
      </Form>
    </Dialog>
  );
}
