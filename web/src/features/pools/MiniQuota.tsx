import { useTranslation } from "react-i18next";
import type { ProviderQuota } from "@/api/types";
import { Bar } from "@/components/charts/Bar";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { LEVEL_COLOURS } from "../quota/levels";
import { useWindowName } from "../quota/useWindowName";
import { levelOf, remainingOf, sortWindows } from "../quota/windows";

const SHOWN = 3;

/** The main windows of an account side by side, as thin bars with their numbers. */
export function MiniQuota({ quota }: { quota: ProviderQuota | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useWindowName();
  const now = useNow();
  const windows = sortWindows(quota?.windows ?? []).filter(({ meter }) => meter === null);
  if (windows.length === 0) return <p className="text-muted text-xs">{t("quota.none")}</p>;
  return (
    <ul className="grid grid-cols-[repeat(auto-fit,minmax(8rem,1fr))] gap-x-5 gap-y-1">
      {windows.slice(0, SHOWN).map((window) => {
        const left = remainingOf(window, now);
        return (
          <li key={window.label} className="text-xs">
            <p className="flex justify-between gap-2">
              <span className="text-muted">{nameOf(window)}</span>
              <span className="tabular">
                {left === null
                  ? t("quota.unknown")
                  : t("quota.left", { left: format.percent(Math.floor(left) / 100) })}
              </span>
            </p>
            <Bar
              className="mt-0.5 h-1"
              max={100}
              parts={[{ key: "left", value: left ?? 0, colour: LEVEL_COLOURS[levelOf(left)] }]}
            />
          </li>
        );
      })}
    </ul>
  );
}
