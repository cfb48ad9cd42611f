import { useTranslation } from "react-i18next";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";

interface AccountFieldsProps {
  name: string;
  onName: (name: string) => void;
  displayName: string;
  onDisplayName: (name: string) => void;
  locked: boolean;
  taken: boolean;
}

export function AccountFields({
  name,
  onName,
  displayName,
  onDisplayName,
  locked,
  taken,
}: AccountFieldsProps) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field
        label={t("connect.name")}
        hint={t("connect.name_hint")}
        errors={taken ? [t("errors.name_taken")] : []}
      >
        <Input
          value={name}
          readOnly={locked}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onName(event.target.value)}
        />
      </Field>
      <Field label={t("connect.display_name")} hint={t("common.optional")}>
        <Input
          value={displayName}
          readOnly={locked}
          onChange={(event) => onDisplayName(event.target.value)}
        />
      </Field>
    </div>
  );
}
