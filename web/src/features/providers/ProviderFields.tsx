import { useTranslation } from "react-i18next";
import type { ProviderType } from "@/api/types";
import { Field } from "@/components/Field";
import { Input, Select } from "@/components/inputs";
import { SIGN_IN_TYPE } from "./kinds";
import type { Draft } from "./providerDraft";

interface ProviderFieldsProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  /** What the gateway finds wrong. */
  errors: Record<"name" | "display_name" | "api_base" | "api_key", string[]>;
  types: ProviderType[];
  saved: boolean;
  hasKey: boolean;
  nameTaken: boolean;
}

export function ProviderFields({
  draft,
  onChange: set,
  errors,
  types,
  saved,
  hasKey,
  nameTaken,
}: ProviderFieldsProps) {
  const { t } = useTranslation();
  const signIn = draft.type === SIGN_IN_TYPE;
  const type = types.find((it) => it.type === draft.type);
  const chooseType = (value: string) =>
    set({ type: value, apiBase: types.find((it) => it.type === value)?.default_api_base ?? "" });
  return (
    <>
      {!saved && (
        <Field label={t("provider_form.type")}>
          <Select value={draft.type} onChange={({ target }) => chooseType(target.value)}>
            {types.map((it) => (
              <option key={it.type} value={it.type}>
                {it.name}
              </option>
            ))}
          </Select>
        </Field>
      )}
      {!saved && (
        <Field
          label={t("provider_form.name")}
          hint={t("provider_form.name_hint")}
          errors={nameTaken ? [t("errors.name_taken")] : errors.name}
        >
          <Input
            value={draft.name}
            required
            spellCheck={false}
            placeholder="my-provider"
            onChange={({ target }) => set({ name: target.value })}
          />
        </Field>
      )}
      <Field label={t("provider_form.display_name")} hint={t("common.optional")} errors={errors.display_name}>
        <Input value={draft.displayName} onChange={({ target }) => set({ displayName: target.value })} />
      </Field>
      <Field
        label={t("provider_form.api_base")}
        hint={signIn ? t("common.optional") : t("provider_form.api_base_hint")}
        errors={errors.api_base}
      >
        <Input
          type="url"
          value={draft.apiBase}
          spellCheck={false}
          placeholder={type?.default_api_base ?? "https://llm.example.com/v1"}
          onChange={({ target }) => set({ apiBase: target.value })}
        />
      </Field>
      {!signIn && (
        <Field
          label={t("provider_form.api_key")}
          errors={errors.api_key}
          hint={t(
            hasKey
              ? "provider_form.api_key_kept"
              : type?.needs_api_key
                ? "provider_form.api_key_needed"
                : "common.optional",
          )}
        >
          <Input
            type="password"
            autoComplete="off"
            value={draft.apiKey}
            onChange={({ target }) => set({ apiKey: target.value })}
          />
        </Field>
      )}
    </>
  );
}
