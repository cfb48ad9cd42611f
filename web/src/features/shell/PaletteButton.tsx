import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Keys } from "@/components/Keys";
import { over } from "@/hooks/everywhere";

/** Opens the palette, and says by which keys it opens as well. */
export function PaletteButton({ onOpen }: { onOpen?: (() => void) | undefined }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => {
        onOpen?.();
        over.set("palette");
      }}
      className="flex h-8 items-center gap-2.5 rounded-md border border-line bg-surface px-2 text-muted hover:text-ink"
    >
      <Search size={15} aria-hidden />
      <span className="flex-1 text-left">{t("palette.open")}</span>
      <span aria-hidden className="max-md:hidden">
        <Keys keys="mod+k" />
      </span>
    </button>
  );
}
