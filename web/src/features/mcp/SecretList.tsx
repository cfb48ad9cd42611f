import { Plus, X } from "lucide-react";
import { useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
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
  const id = useId();
  const add = useRef<HTMLButtonElement>(null);
  const set = (changed: Secret) => onChange(secrets.map((it) => (it.id === changed.id ? changed : it)));
  const remove = (gone: Secret) => {
    onChange(secrets.filter((it) => it.id !== gone.id));
    // The button that had the focus goes with its row.
    add.current?.focus();
  };
  return (
    <fieldset aria-describedby={id} className="min-w-0">
      <legend className="font-medium text-sm">{label}</legend>
      <p id={id} className="mb-1.5 text-muted text-xs">
        {hint}
      </p>
      <ul className="flex flex-col gap-1.5">
        {secrets.map((secret, index) => {
          const number = index + 1;
          return (
            <li key={secret.id} className="flex items-center gap-1.5">
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
              <Button
                look="quiet"
                size="icon"
                aria-label={t("mcp.remove_secret", { name: secret.name || String(number) })}
                onClick={() => remove(secret)}
              >
                <X size={15} aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
      <Button
        ref={add}
        size="sm"
        look="quiet"
        className="mt-1.5"
        onClick={() => onChange([...secrets, newSecret()])}
      >
        <Plus size={14} aria-hidden />
        {t("mcp.add_secret")}
      </Button>
      {errors.map((text) => (
        <p key={text} role="alert" className="text-bad text-sm [overflow-wrap:anywhere]">
          {text}
        </p>
      ))}
    </fieldset>
  );
}
