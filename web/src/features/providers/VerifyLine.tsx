import { useTranslation } from "react-i18next";
import { cx } from "@/components/cx";
import { Emails } from "@/components/Email";
import { useErrorWords } from "@/hooks/useErrorWords";
import type { useVerification } from "@/hooks/useProviders";

interface VerifyLineProps {
  check: Pick<NonNullable<ReturnType<typeof useVerification>>, "status" | "data" | "error"> | undefined;
}

/** What a check of the provider said; nothing while there was none. */
export function VerifyLine({ check }: VerifyLineProps) {
  const { t } = useTranslation();
  const text = useErrorWords();
  if (!check || check.status === "idle") return null;
  const pending = check.status === "pending";
  const done = check.status === "success" && check.data?.valid === true;
  const failure = check.status === "error" ? text(check.error) : check.data?.error;
  return (
    <p role="status" className={cx("text-xs", done ? "text-good" : pending ? "text-muted" : "text-bad")}>
      {pending && t("providers.verifying")}
      {done && t("providers.verified")}
      {!pending && !done && <Emails text={t("providers.verify_failed", { reason: failure ?? "" })} />}
    </p>
  );
}
