import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CreatedKey, Key } from "@/api/access";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { useCreateKey, useUpdateKey } from "@/hooks/useApiKeys";
import { RoleSelect } from "../access/RoleSelect";
import { violationsOf } from "../access/violations";
import { AllowList } from "./AllowList";
import { flawsOf, keyDraftOf, LISTS, type ListName, toKeyChange, toNewKey } from "./keyDraft";
import { LimitRows } from "./LimitRows";

interface KeyFormProps {
  /** `null` makes one. */
  apiKey: Key | null;
  known: Record<ListName, string[]>;
  onCreated: (key: CreatedKey) => void;
  onClose: () => void;
}

/** A key: who it is, what it may reach, and how much of it. */
export function KeyForm({ apiKey, known, onCreated, onClose }: KeyFormProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => keyDraftOf(apiKey));
  const create = useCreateKey();
  const update = useUpdateKey(apiKey?.id ?? "");
  const save = apiKey ? update : create;
  const flaws = flawsOf(draft, apiKey, Date.now());
  const wrong = violationsOf(save.error);
  const told = [...flaws].filter((flaw) => flaw !== "name");
  const set = (change: Partial<typeof draft>) => {
    save.reset();
    setDraft({ ...draft, ...change });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (flaws.size > 0 || save.isPending) return;
    if (apiKey) update.mutate(toKeyChange(draft, apiKey), { onSuccess: onClose });
    else create.mutate(toNewKey(draft), { onSuccess: onCreated });
  };
  return (
    <form onSubmit={submit} className="flex min-w-0 flex-col gap-4">
      <Field label={t("keys.name")} hint={t("keys.name_hint")}>
        <Input value={draft.name} autoComplete="off" onChange={({ target }) => set({ name: target.value })} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("settings.role")} hint={t(apiKey ? "keys.role_fixed" : "keys.role_hint")}>
          <RoleSelect
            most="admin"
            value={draft.role}
            disabled={apiKey !== null}
            onChange={(role) => set({ role })}
          />
        </Field>
        <Field label={t("keys.expires")} hint={t("keys.expires_hint")}>
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
          onChange={(value) => set({ [list]: value })}
        />
      ))}
      <LimitRows limits={draft.limits} onChange={(limits) => set({ limits })} />
      {told.map((flaw) => (
        <Notice key={flaw} tone="warn">
          {t(`keys.wrong.${flaw}`)}
        </Notice>
      ))}
      {wrong.map((text) => (
        <Notice key={text} tone="bad">
          {text}
        </Notice>
      ))}
      {save.isError && wrong.length === 0 && <ErrorNotice error={save.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button type="submit" look="primary" busy={save.isPending} disabled={flaws.size > 0}>
          {t(apiKey ? "common.save" : "keys.create")}
        </Button>
      </div>
    </form>
  );
}
