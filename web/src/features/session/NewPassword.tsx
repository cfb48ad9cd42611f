import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Checkbox } from "@/components/Checkbox";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";

/** The gateway refuses shorter ones. */
export const SHORTEST_PASSWORD = 12;

interface NewPasswordProps {
  value: string;
  onChange: (value: string) => void;
  errors?: string[];
}

/** A password to be set. It can be looked at instead of being typed twice. */
export function NewPassword({ value, onChange, errors }: NewPasswordProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <div className="flex flex-col gap-2">
      <Field
        label={t("account.new_password")}
        hint={t("account.password_hint", { count: SHORTEST_PASSWORD })}
        errors={errors}
      >
        <Input
          type={shown ? "text" : "password"}
          name="new-password"
          autoComplete="new-password"
          spellCheck={false}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      </Field>
      <Checkbox
        label={t("account.show_password")}
        checked={shown}
        onChange={({ target }) => setShown(target.checked)}
      />
    </div>
  );
}
