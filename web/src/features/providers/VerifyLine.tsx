import { useTranslation } from "react-i18next";
import { cx } from "@/components/cx";
import { useErrorWords } from "@/hooks/useErrorWords";
import type { useVerifyProvider } from "@/hooks/useProviders";

/** What the last check of this provider said. */
export function VerifyLine({ verify }: { verify: ReturnType<typeof useVerifyProvider> }) {
  const { t } = useTranslation();
  const text = useErrorWords();
  if (verify.isIdle) return null;
  const failure = verify.isError
    ? text(verify.error)
    : verify.data?.valid === false
      ? verify.data.error
      : null;
  const done = verify.isSuccess && verify.data.valid;
  return (
    <p
      role="status"
      className={cx("text-xs", done ? "text-good" : verify.isPending ? "text-muted" : "text-bad")}
    >
      {verify.isPending && t("providers.verifying")}
      {done && t("providers.verified")}
      {!verify.isPending && !done && t("providers.verify_failed", { reason: failure ?? "" })}
    </p>
  );
}
