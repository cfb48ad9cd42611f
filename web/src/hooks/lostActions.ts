import { MutationCache } from "@tanstack/react-query";
import i18next from "i18next";
import { showToast } from "./toasts";
import { errorWords } from "./useErrorWords";

/**
 * Says in a notification what failed after its place on the page was left: nothing is there any more to show it. Who
 * says it in another way puts `told` into the mutation's `meta`.
 */
export function createMutationCache(): MutationCache {
  const watchers = new WeakMap<object, number>();
  const cache = new MutationCache({
    onError: (error, _variables, _result, mutation) => {
      if ((watchers.get(mutation) ?? 0) > 0 || mutation.meta?.told === true) return;
      const reason = errorWords(i18next.t, error);
      showToast({ tone: "bad", text: i18next.t("toasts.not_done", { reason }), ms: null });
    },
  });
  cache.subscribe((event) => {
    if (event.type !== "observerAdded" && event.type !== "observerRemoved") return;
    const change = event.type === "observerAdded" ? 1 : -1;
    watchers.set(event.mutation, (watchers.get(event.mutation) ?? 0) + change);
  });
  return cache;
}
