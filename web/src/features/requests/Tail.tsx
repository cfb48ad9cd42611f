import { ArrowUp, Pause, Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { LiveWord } from "@/features/pools/LiveWord";

interface TailProps {
  paused: boolean;
  waiting: number;
  /** The range is over: nothing is ever added to it. */
  over: boolean;
  onPause: (paused: boolean) => void;
  /** Takes in what waits while the reader is further down. */
  onShow: () => void;
}

/** Whether new requests are added as they come, and how many wait while they are not. */
export function Tail({ paused, waiting, over, onPause, onShow }: TailProps) {
  const { t } = useTranslation();
  if (over) return <p className="px-1.5 text-muted text-sm">{t("requests.tail.over")}</p>;
  return (
    <>
      <LiveWord />
      <Button size="sm" aria-pressed={paused} onClick={() => onPause(!paused)}>
        {paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        {t(paused ? "requests.tail.resume" : "requests.tail.pause")}
      </Button>
      <span role="status" className="text-muted text-sm">
        {(paused || waiting > 0) && t("requests.tail.waiting", { count: waiting })}
      </span>
      {!paused && waiting > 0 && (
        <Button size="sm" onClick={onShow}>
          <ArrowUp size={14} aria-hidden />
          {t("requests.tail.show")}
        </Button>
      )}
    </>
  );
}
