import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { saveView } from "@/hooks/requestViews";
import type { RequestsSearch } from "@/routes/search";

const LONGEST = 40;

/** Gives the filters a name, by which this browser keeps them. */
export function SaveViewDialog({ search, onClose }: { search: RequestsSearch; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    saveView({ name: name.trim(), search });
    onClose();
  };
  return (
    <Dialog title={t("requests.views.save")} lead={t("requests.views.kept")} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t("requests.views.name")}>
          <Input
            value={name}
            maxLength={LONGEST}
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" disabled={name.trim() === ""}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
