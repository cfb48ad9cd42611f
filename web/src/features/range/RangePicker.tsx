import { CalendarClock, ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { cx } from "@/components/cx";
import { Popover } from "@/components/Popover";
import { isOver, PERIODS, type Period, type RangeSearch, rangeOf, shifted } from "@/hooks/timeRange";
import { RangeForm } from "./RangeForm";
import { useRangeName } from "./useRangeName";

interface RangePickerProps {
  range: RangeSearch;
  onChange: (range: RangeSearch) => void;
  /** Any time at all may be chosen. */
  open?: boolean;
  /** With buttons to the range before and after. */
  steps?: boolean;
}

const CLEAR: RangeSearch = { period: undefined, from: undefined, to: undefined };

/** Which time the page is about: one of the usual ones, or from when until when. */
export function RangePicker({ range, onChange, open = false, steps = false }: RangePickerProps) {
  const { t } = useTranslation();
  const name = useRangeName();
  const [shown, setShown] = useState(false);
  const choose = (next: RangeSearch) => {
    setShown(false);
    onChange({ ...CLEAR, ...next });
  };
  const now = Date.now();
  const ends = rangeOf(range, now);
  const isOpen = range.period === undefined && !ends.from && !ends.to;
  const step = (by: -1 | 1) => onChange({ ...CLEAR, ...shifted(range, by, Date.now()) });
  return (
    <div className="flex min-w-0 items-center gap-1">
      {steps && (
        <Button size="icon" aria-label={t("range.earlier")} onClick={() => step(-1)}>
          <ChevronLeft size={16} aria-hidden />
        </Button>
      )}
      <Popover
        label={t("requests.time")}
        open={shown}
        onOpenChange={setShown}
        trigger={
          <Button className="min-w-0" aria-label={t("range.chosen", { range: name(range) })}>
            <CalendarClock size={14} aria-hidden className="shrink-0" />
            <span className="truncate">{name(range)}</span>
          </Button>
        }
      >
        <div className="flex max-sm:flex-col sm:divide-x sm:divide-line">
          <ul className="grid max-sm:grid-cols-2 max-sm:border-line max-sm:border-b sm:order-2 sm:w-44">
            {open && <Choice label={t("requests.any_time")} chosen={isOpen} onChoose={() => choose({})} />}
            {PERIODS.map((period: Period) => (
              <Choice
                key={period}
                label={t(`requests.period.${period}`)}
                chosen={range.period === period}
                onChoose={() => choose({ period })}
              />
            ))}
          </ul>
          <RangeForm from={ends.from} to={ends.to} onChange={choose} />
        </div>
      </Popover>
      {steps && (
        <Button
          size="icon"
          aria-label={t("range.later")}
          disabled={!isOver(range, now)}
          onClick={() => step(1)}
        >
          <ChevronRight size={16} aria-hidden />
        </Button>
      )}
    </div>
  );
}

function Choice({ label, chosen, onChoose }: { label: string; chosen: boolean; onChoose: () => void }) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={onChoose}
        className={cx(
          "w-full px-3 py-1.5 text-left -outline-offset-2 hover:bg-hover",
          chosen && "bg-accent-soft font-medium",
        )}
      >
        {label}
      </button>
    </li>
  );
}
