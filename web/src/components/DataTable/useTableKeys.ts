import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useShortcuts } from "@/hooks/useShortcuts";

interface TableKeysOptions {
  box: HTMLElement | null;
  ids: readonly string[];
  /** The row that has, or had, the focus. */
  active: string | null;
  /** Another row is to have it, which may be out of sight. */
  onMove: (id: string) => void;
  /** Enter does something on a row. */
  acts: boolean;
}

/** The table that the keys are for: the one that has the focus, otherwise the first that is to be seen. */
function isAddressed(box: HTMLElement | null): boolean {
  const within = document.activeElement?.closest("[data-table]");
  const seen = () =>
    [...document.querySelectorAll("[data-table]")].find((it) => it.checkVisibility?.() ?? true);
  return box !== null && (within ?? seen()) === box;
}

/** `j` and `k` move the focus over the rows, Enter opens. The row they are at keeps its place as rows come and go. */
export function useTableKeys({ box, ids, active, onMove, acts }: TableKeysOptions) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<string | null>(null);
  const at = active === null ? -1 : ids.indexOf(active);
  const rowOf = (id: string) => box?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
  const step = (by: 1 | -1) => {
    const index = Math.min(ids.length - 1, Math.max(0, at + by));
    const id = ids[index];
    if (id === undefined) return;
    setWanted(id);
    onMove(id);
  };
  // A row that was out of sight is in the page only after the next paint or two.
  useEffect(() => {
    const row = wanted === null ? null : rowOf(wanted);
    if (!row) return;
    row.focus();
    setWanted(null);
  });
  const when = () => isAddressed(box) && ids.length > 0;
  useShortcuts([
    { keys: "j", group: "list", label: t("shortcuts.next_row"), when, run: () => step(1) },
    { keys: "k", group: "list", label: t("shortcuts.previous_row"), when, run: () => step(-1) },
    ...(acts
      ? [
          {
            keys: "Enter",
            group: "list" as const,
            label: t("shortcuts.open_row"),
            // The row hears it by itself; here it is for the list of shortcuts.
            when: () => false,
            run: () => {},
          },
        ]
      : []),
  ]);
}
