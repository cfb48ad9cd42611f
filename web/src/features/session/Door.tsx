import type { ReactNode } from "react";
import { cx } from "@/components/cx";
import { LanguageSelect } from "../shell/LanguageSelect";
import { ThemeSwitch } from "../shell/ThemeSwitch";
import { Wordmark } from "../shell/Wordmark";

/** The frame of what is shown to somebody who is not signed in. */
export function Door({ wide = false, children }: { wide?: boolean; children: ReactNode }) {
  return (
    <main
      className={cx(
        "mx-auto flex min-h-dvh flex-col justify-center gap-6 px-4 py-10",
        wide ? "max-w-3xl" : "max-w-sm",
      )}
    >
      <Wordmark />
      {children}
      <div className="flex items-center gap-2 border-line border-t pt-4">
        <div className="flex-1">
          <LanguageSelect />
        </div>
        <div className="w-28">
          <ThemeSwitch />
        </div>
      </div>
    </main>
  );
}
