import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { useLeave } from "@/hooks/useSession";
import { SignInWays } from "./SignInWays";

/** Over the page of whoever's session has ended: what stands on it, and what is half written, is still there after. */
export default function SignInAgain({ session }: { session: Session }) {
  const { t } = useTranslation();
  const leave = useLeave();
  const email = session.user?.email;
  return (
    <Dialog
      title={t("sign_in.again")}
      lead={email ? t("sign_in.again_as", { email }) : t("sign_in.again_lead")}
    >
      <div className="flex flex-col gap-4">
        <SignInWays again={session} />
        <div className="flex flex-wrap items-center justify-between gap-2 border-line border-t pt-3">
          <p className="min-w-0 flex-1 basis-56 text-muted text-xs">{t("sign_in.again_other")}</p>
          <Button size="sm" onClick={leave}>
            {t("sign_in.leave")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
