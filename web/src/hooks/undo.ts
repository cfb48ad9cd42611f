import { useTranslation } from "react-i18next";
import { createStore, useStore } from "./store";
import { showToast } from "./toasts";
import { useErrorWords } from "./useErrorWords";

/** How long a deletion waits for somebody who did not mean it. */
export const UNDO_MS = 7_000;

/** What is as good as deleted: lists leave it out, though the gateway was not told yet. */
const doomed = createStore<ReadonlySet<string>>(new Set());

function mark(id: string, gone: boolean) {
  const next = new Set(doomed.get());
  if (gone) next.add(id);
  else next.delete(id);
  doomed.set(next);
}

export function useDoomed(): ReadonlySet<string> {
  return useStore(doomed);
}

interface Undoable {
  /** Of the thing, unlike that of any other. */
  id: string;
  /** What is said beside the way back. */
  text: string;
  /** Tells the gateway. */
  run: () => Promise<unknown>;
}

/**
 * Deletes after a while in which it can be undone. The gateway is told only then, or at once when the page goes;
 * nothing is lost before, and a refusal brings the thing back and says why.
 */
export function useUndo(): (undoable: Undoable) => void {
  const { t } = useTranslation();
  const words = useErrorWords();
  return ({ id, text, run }) => {
    mark(id, true);
    let close = () => {};
    const commit = () => {
      stop();
      run()
        .catch((error: unknown) => {
          showToast({ tone: "bad", text: t("toasts.not_deleted", { reason: words(error) }), ms: null });
        })
        .finally(() => mark(id, false));
    };
    const timer = setTimeout(commit, UNDO_MS);
    const stop = () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", commit);
      close();
    };
    window.addEventListener("pagehide", commit);
    close = showToast({
      tone: "idle",
      text,
      ms: null,
      action: {
        label: t("toasts.undo"),
        run: () => {
          stop();
          mark(id, false);
        },
      },
    });
  };
}
