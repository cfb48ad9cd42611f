import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Wordmark } from "./Wordmark";

export function Booting() {
  const { t } = useTranslation();
  return (
    <main className="grid min-h-dvh place-items-center">
      <p role="status" className="animate-pulse text-muted">
        {t("common.loading")}
      </p>
    </main>
  );
}

/** Shown when the first call of all fails: there is no page yet to show it in. */
export function Unreachable({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 px-4">
      <Wordmark />
      <h1 className="font-semibold text-lg">{t("connection.title")}</h1>
      <p className="text-muted">{t("connection.lead")}</p>
      <ErrorNotice error={error} onRetry={onRetry} />
    </main>
  );
}
