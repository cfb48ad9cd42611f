import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";

/** "3 min ago", with the full date on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  const format = useFormat();
  const then = Date.parse(at);
  return (
    <time dateTime={at} title={format.absoluteTime(then)} className="whitespace-nowrap">
      {format.relativeTime(then, now)}
    </time>
  );
}
