import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { AddMember } from "./AddMember";
import { MemberItem } from "./MemberItem";
import { moved } from "./pools";

interface MemberListProps {
  owner: string;
  members: string[];
  providers: Provider[];
  /** The rules that a member breaks. */
  broken: ReadonlyMap<string, string[]>;
  onChange: (members: string[]) => void;
}

/** The members after the owner, in the order in which they are tried. Every change is said to screen readers. */
export function MemberList({ owner, members, providers, broken, onChange }: MemberListProps) {
  const { t } = useTranslation();
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const [said, setSaid] = useState("");
  const change = (next: string[], words: string) => {
    onChange(next);
    setSaid(words);
  };
  const move = (index: number, step: -1 | 1) => {
    const name = members[index] ?? "";
    change(moved(members, index, step), t("pools.moved", { name, place: index + step + 2 }));
  };
  const remove = (name: string) => {
    change(
      members.filter((it) => it !== name),
      t("pools.removed", { name }),
    );
    // The button that had the focus goes with its row.
    list.current?.focus();
  };
  return (
    <fieldset className="min-w-0">
      <legend id={id} className="mb-1 font-medium text-sm">
        {t("pools.members")}
      </legend>
      <ol
        ref={list}
        tabIndex={-1}
        aria-labelledby={id}
        className="rounded-md border border-line focus:outline-none"
      >
        <li className="flex items-center gap-2 border-line border-b px-2.5 py-1.5 last:border-b-0">
          <span className="tabular text-muted">1.</span>
          <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{owner}</span>
          <span className="text-muted text-xs">{t("pools.role.owner")}</span>
        </li>
        {members.map((name, index) => (
          <MemberItem
            key={name}
            name={name}
            place={index + 2}
            first={index === 0}
            last={index === members.length - 1}
            errors={broken.get(name) ?? []}
            onMove={(step) => move(index, step)}
            onRemove={() => remove(name)}
          />
        ))}
      </ol>
      <AddMember
        owner={owner}
        members={members}
        providers={providers}
        onAdd={(name) => change([...members, name], t("pools.added", { name }))}
      />
      <p role="status" className="sr-only">
        {said}
      </p>
    </fieldset>
  );
}
