import { Waiting } from "./Waiting";

/** Grey lines in the place of what is still loading. */
export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <Waiting className="flex flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, line) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
          key={line}
          aria-hidden
          className="h-3.5 animate-pulse rounded-sm bg-hover"
          style={{ width: `${92 - ((line * 17) % 40)}%` }}
        />
      ))}
    </Waiting>
  );
}
