import { LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useSignOut } from "@/hooks/useSession";
import { LanguageSelect } from "./LanguageSelect";
import { ThemeSwitch } from "./ThemeSwitch";

export function Preferences({ session }: { session: Session }) {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <div className="flex flex-col gap-2 border-line border-t pt-3">
      <LanguageSelect />
      <ThemeSwitch />
      {signOut.isError && <ErrorNotice error={signOut.error} />}
      <div className="flex items-center justify-between gap-2">
        <p className="min-w-0 truncate pl-2 text-muted text-xs" title={session.tenant.name}>
          {session.tenant.name} · {session.version}
        </p>
        <Button
          look="quiet"
          size="icon"
          busy={signOut.isPending}
          aria-label={t("shell.sign_out")}
          title={t("shell.sign_out")}
          onClick={() => signOut.mutate()}
        >
          {!signOut.isPending && <LogOut size={16} aria-hidden />}
        </Button>
      </div>
    </div>
  );
}
