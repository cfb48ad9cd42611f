import { useTranslation } from "react-i18next";
import { Rows } from "@/components/form/Rows";
import { Input } from "@/components/inputs";
import { newSecret, type Secret } from "./serverDraft";

interface SecretListProps {
  label: string;
  hint: string;
  secrets: Secret[];
  errors: string[];
  onChange: (secrets: Secret[]) => void;
}

/** Names with secret values. A stored value is never shown: it stays, or another one takes its place. */
export function SecretList({ label, hint, secrets, errors, onChange }: SecretListProps) {
  const { t } = useTranslation();
  return (
    <Rows
      label={label}
      hint={hint}
      rows={secrets}
      errors={errors}
      add={t("mcp.add_secret")}
      make={() => newSecret()}
      removeLabel={({ name }, number) => t("mcp.remove_secret", { name: name || String(number) })}
      onChange={onChange}
    >
      {(secret, number, set) => (
        <>
          <Input
            aria-label={t("mcp.secret_name", { number })}
            placeholder={t("mcp.name")}
            value={secret.name}
            spellCheck={false}
            onChange={({ target }) => set({ ...secret, name: target.value, kept: false })}
          />
          <Input
            type="password"
            autoComplete="new-password"
            aria-label={t("mcp.secret_value", { number })}
            placeholder={secret.kept ? t("mcp.secret_kept") : t("mcp.value")}
            value={secret.value}
            onChange={({ target }) => set({ ...secret, value: target.value })}
          />
        </>
      )}
    </Rows>
  );
}
