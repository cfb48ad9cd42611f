import type { Session } from "@/api/types";
import { DemoBadge } from "./DemoBadge";
import { Navigation } from "./Navigation";
import { PaletteButton } from "./PaletteButton";
import { Preferences } from "./Preferences";
import { TenantSwitch } from "./TenantSwitch";
import { Wordmark } from "./Wordmark";

export function Sidebar({ session, onNavigate }: { session: Session; onNavigate?: () => void }) {
  return (
    <div className="flex h-full flex-col gap-4 overflow-y-auto p-3">
      <div className="flex h-8 items-center justify-between gap-2 px-2">
        <Wordmark />
        {session.demo && <DemoBadge />}
      </div>
      <TenantSwitch session={session} />
      <PaletteButton onOpen={onNavigate} />
      <Navigation onNavigate={onNavigate} />
      <Preferences session={session} onNavigate={onNavigate} />
    </div>
  );
}
