import { useEffect, useRef } from "react";
import { addShortcuts, type Shortcut } from "./shortcuts";

/** Makes shortcuts work, and stand in the help sheet, as long as the part that names them is on the page. */
export function useShortcuts(named: readonly Shortcut[]) {
  const current = useRef(named);
  current.current = named;
  // Their words and keys; what they do is read when they are pressed.
  const listed = named.map(({ keys, label }) => `${keys}\t${label}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is listed tells when the list is another
  useEffect(
    () =>
      addShortcuts(
        current.current.map((it, index) => ({
          ...it,
          run: () => current.current[index]?.run(),
          when: () => current.current[index]?.when?.() ?? true,
        })),
      ),
    [listed],
  );
}
