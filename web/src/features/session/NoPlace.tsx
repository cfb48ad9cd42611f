import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { useSignOut } from "@/hooks/useSession";
import { Door } from "./Door";

/** For who is signed in and may use no tenant, or none any more. */
export default function NoPlace() {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <Door>
      <h1 className="font-semibold text-xl tracking-tight">{t("sign_in.no_place")}</h1>
      <Notice tone="warn">{t("errors.no_access")}</Notice>
      {signOut.isError && <ErrorNotice error={signOut.error} />}
      <Button look="primary" className="h-9" busy={signOut.isPending} onClick={() => signOut.mutate()}>
        {t("shell.sign_out")}
      </Button>
    </Door>
  );
}
