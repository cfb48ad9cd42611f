import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";

/** How long until then, "2 hr 15 min", with the full date on hover. */
export function Countdown({ to }: { to: string }) {
  const now = useNow();
  const format = useFormat();
  const then = Date.parse(to);
  return (
    <time dateTime={to} title={format.absoluteTime(then)} className="whitespace-nowrap">
      {format.span((then - now) / 1000)}
    </time>
  );
}
