import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { over } from "@/hooks/everywhere";
import { leaving } from "@/hooks/leaving";
import { useStore } from "@/hooks/store";
import { useShortcuts } from "@/hooks/useShortcuts";
import { whenIdle } from "@/hooks/whenIdle";
import { withWords } from "@/i18n";
import { loadPalette, PaletteWindow } from "../palette/PaletteWindow";
import { ACCOUNT } from "./places";
import { usePlaces } from "./usePlaces";

const AskLeave = lazy(withWords(() => import("@/components/form/AskLeave")));
const HelpSheet = lazy(withWords(() => import("../palette/HelpSheet")));

/** What works on every page: the palette, going by letters, the list of all shortcuts, and asking before much is lost. */
export function Everywhere() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const open = useStore(over);
  const asked = useStore(leaving);
  const places = usePlaces().flatMap(({ pages }) => pages);
  useShortcuts([
    { keys: "mod+k", group: "everywhere", label: t("shortcuts.palette"), run: () => over.set("palette") },
    { keys: "?", group: "everywhere", label: t("shortcuts.help"), run: () => over.set("help") },
    ...[...places, ACCOUNT].map(({ to, label, letter }) => ({
      keys: `g ${letter}`,
      group: "go" as const,
      label: t(label),
      run: () => void navigate({ to }),
    })),
  ]);
  const close = () => over.set(null);
  // So that it finds something at once.
  useEffect(() => {
    const stop = whenIdle(() => void loadPalette().catch(() => {}));
    return () => {
      stop();
      over.set(null);
      leaving.set(null);
    };
  }, []);
  const goOn = () => {
    leaving.set(null);
    asked?.();
  };
  return (
    <Suspense>
      {open === "palette" && <PaletteWindow onClose={close} />}
      {asked && <AskLeave onLeave={goOn} onStay={() => leaving.set(null)} />}
      {open === "help" && <HelpSheet onClose={close} />}
    </Suspense>
  );
}
