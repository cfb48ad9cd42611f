import { useState } from "react";
import type { PoolSettings, UpdateProvider } from "@/api/types";
import { useSavePool } from "@/hooks/usePools";
import { useSaveProvider } from "@/hooks/useProviders";

/** One thing to do: to the pool itself, or to one of its accounts. */
export type Deed = { pool: Partial<PoolSettings> } | { account: string; body: UpdateProvider };

interface Done {
  /** What was done, in words. */
  words: string;
  /** What takes it back. */
  undo: Deed;
}

/** Changes of a pool that take effect at once, the last of which can be taken back. */
export function usePoolChange(ownerId: string) {
  const pool = useSavePool();
  const { update } = useSaveProvider();
  const [done, setDone] = useState<Done | null>(null);
  const run = (deed: Deed, then: () => void) =>
    "pool" in deed
      ? pool.mutate({ ownerId, pool: deed.pool }, { onSuccess: then })
      : update.mutate({ id: deed.account, body: deed.body }, { onSuccess: then });
  const start = (deed: Deed, then: () => void) => {
    pool.reset();
    update.reset();
    setDone(null);
    run(deed, then);
  };
  return {
    change: (deed: Deed, words: string, undo: Deed) => start(deed, () => setDone({ words, undo })),
    takeBack: () => done && start(done.undo, () => {}),
    done,
    busy: pool.isPending || update.isPending,
    error: pool.error ?? update.error,
    /** The order that is being saved; the list shows it before the gateway has answered. */
    saving: pool.isPending ? (pool.variables?.pool?.extra_provider_names ?? null) : null,
  };
}

export type PoolChange = ReturnType<typeof usePoolChange>;
