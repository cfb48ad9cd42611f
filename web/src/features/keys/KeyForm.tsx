import { useTranslation } from "react-i18next";
import type { CreatedKey, Key } from "@/api/access";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import { useCreateKey, useUpdateKey } from "@/hooks/useApiKeys";
import { RoleSelect } from "../access/RoleSelect";
import { AllowList } from "./AllowList";
import { type Flaw, flawsOf, keyDraftOf, LISTS, type ListName, toKeyChange, toNewKey } from "./keyDraft";
import { LimitRows } from "./LimitRows";

interface KeyFormProps {
  /** `null` makes one. */
  apiKey: Key | null;
  known: Record<ListName, string[]>;
  onCreated: (key: CreatedKey) => void;
  onClose: () => void;
}

const FIELDS = ["name", "role", "expires_at", ...LISTS, "limits"] as const;

/** A key: who it is, what it may reach, and how much of it. */
export function KeyForm({ apiKey, known, onCreated, onClose }: KeyFormProps) {
  const { t } = useTranslation();
  const create = useCreateKey();
  const update = useUpdateKey(apiKey?.id ?? "");
  const save = apiKey ? update : create;
  const { draft, guard, set, saved } = useDraft(() => keyDraftOf(apiKey), create, update);
  const flaws = flawsOf(draft, apiKey, Date.now());
  const wrong = usePlaced(save.error, FIELDS);
  /** What the page finds wrong, otherwise what the gateway did. */
  const errors = (found: readonly Flaw[], said: string[]) => {
    const own = found.filter((flaw) => flaws.has(flaw)).map((flaw) => t(`keys.wrong.${flaw}`));
    return own.length > 0 ? own : said;
  };
  const submit = () => {
    if (apiKey) {
      const onSuccess = () => {
        saved();
        onClose();
      };
      update.mutate(toKeyChange(draft, apiKey), { onSuccess });
    } else {
      const onSuccess = (key: CreatedKey) => {
        saved();
        onCreated(key);
      };
      create.mutate(toNewKey(draft), { onSuccess });
    }
  };
  return (
    <Form
      save={save}
      wrong={wrong}
      guard={guard}
      complete={flaws.size === 0}
      action={t(apiKey ? "common.save" : "keys.create")}
      onSave={submit}
      onClose={onClose}
    >
      <Field
        label={t("keys.name")}
        hint={t("keys.name_hint")}
        errors={apiKey ? errors(["name"], wrong.at.name) : wrong.at.name}
      >
        <Input value={draft.name} autoComplete="off" onChange={({ target }) => set({ name: target.value })} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t("settings.role")}
          hint={t(apiKey ? "keys.role_fixed" : "keys.role_hint")}
          errors={wrong.at.role}
        >
          <RoleSelect
            most="admin"
            value={draft.role}
            disabled={apiKey !== null}
            onChange={(role) => set({ role })}
          />
        </Field>
        <Field
          label={t("keys.expires")}
          hint={t("keys.expires_hint")}
          errors={errors(["expires"], wrong.at.expires_at)}
        >
          <Input
            type="datetime-local"
            value={draft.expires}
            onChange={({ target }) => set({ expires: target.value })}
          />
        </Field>
      </div>
      {LISTS.map((list) => (
        <AllowList
          key={list}
          list={list}
          known={known[list]}
          value={draft[list]}
          errors={draft[list]?.length === 0 ? errors(["list"], wrong.at[list]) : wrong.at[list]}
          onChange={(value) => set({ [list]: value })}
        />
      ))}
      <LimitRows
        limits={draft.limits}
        errors={errors(["amount", "share", "twice"], wrong.at.limits)}
        onChange={(limits) => set({ limits })}
      />
    </Form>
  );
}
