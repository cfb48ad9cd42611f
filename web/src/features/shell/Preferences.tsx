import { Link } from "@tanstack/react-router";
import { CircleUserRound, LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { Button } from "@/components/Button";
import { Email } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { leave } from "@/hooks/leaving";
import { useSignOut } from "@/hooks/useSession";
import { LanguageSelect } from "./LanguageSelect";
import { ThemeSwitch } from "./ThemeSwitch";

interface PreferencesProps {
  session: Session;
  onNavigate?: (() => void) | undefined;
}

export function Preferences({ session, onNavigate }: PreferencesProps) {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <div className="flex flex-col gap-2 border-line border-t pt-3">
      <LanguageSelect />
      <ThemeSwitch />
      <Link
        to="/account"
        onClick={onNavigate}
        className="flex h-8 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-ink"
      >
        <CircleUserRound size={16} aria-hidden className="shrink-0" />
        <span className="truncate">
          {session.user?.display_name ||
            (session.user?.email ? <Email address={session.user.email} /> : t("account.title"))}
        </span>
      </Link>
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
          onClick={() => leave(signOut.mutate)}
        >
          {!signOut.isPending && <LogOut size={16} aria-hidden />}
        </Button>
      </div>
    </div>
  );
}
