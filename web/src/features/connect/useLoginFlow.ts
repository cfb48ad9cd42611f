import { useEffect, useState } from "react";
import type { BrowserLogin, LoginCompleted, StartLogin } from "@/api/types";
import {
  useCancelLogin,
  useFinishLogin,
  useImportLogin,
  useLoginStatus,
  useStartLogin,
} from "@/hooks/useLogin";
import { useRefreshProviders } from "@/hooks/useProviders";
import { type Flow, flowOf } from "./flow";
import { openTab } from "./openTab";

export interface LoginFlowOptions {
  provider: string;
  displayName: string;
  /** Sign in again although the account is signed in. */
  force: boolean;
  onStarted: (method: StartLogin["method"]) => void;
}

/** One account's sign-in: its state, and what can be done about it. */
export function useLoginFlow({ provider, displayName, force, onStarted }: LoginFlowOptions) {
  const [watched, setWatched] = useState<string | null>(null);
  const [listener, setListener] = useState<BrowserLogin["listener"] | null>(null);
  const [completed, setCompleted] = useState<LoginCompleted | null>(null);
  const [already, setAlready] = useState(false);
  const status = useLoginStatus(provider);
  const start = useStartLogin();
  const finish = useFinishLogin();
  const importing = useImportLogin();
  const cancel = useCancelLogin();
  const refresh = useRefreshProviders();

  const flow: Flow = completed ? { step: "done" } : flowOf(status.data, watched);
  const pendingId = flow.step === "waiting" ? flow.pending.login_id : null;
  useEffect(() => {
    if (pendingId) setWatched(pendingId);
  }, [pendingId]);
  const done = flow.step === "done";
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the sign-in is done
  useEffect(() => {
    if (done) void refresh();
  }, [done]);

  const begin = (method: StartLogin["method"]) => {
    const tab = method === "browser" ? openTab() : null;
    const body: StartLogin = {
      method,
      display_name: displayName.trim() || undefined,
      force: force || already || undefined,
    };
    start.mutate(
      { provider, body },
      {
        onError: () => tab?.close(),
        onSuccess: (started) => {
          setAlready("status" in started);
          if ("login_id" in started) setWatched(started.login_id);
          if ("listener" in started) setListener(started.listener);
          if ("auth_url" in started) tab?.go(started.auth_url);
          else tab?.close();
          onStarted(method);
        },
      },
    );
  };
  const stop = () => cancel.mutate({ provider }, { onSuccess: () => setWatched(null) });
  const paste = (redirectUrl: string) =>
    finish.mutate({ provider, redirectUrl }, { onSuccess: setCompleted });
  const importJson = (authJson: Record<string, unknown>) =>
    importing.mutate({ provider, authJson }, { onSuccess: setCompleted });

  return {
    flow,
    status,
    listener,
    completed,
    already,
    begin,
    stop,
    paste,
    importJson,
    start,
    finish,
    importing,
    cancel,
  };
}

export type LoginFlow = ReturnType<typeof useLoginFlow>;
