import { keysOf } from "@/hooks/everywhere";

/** The keys of a shortcut, each as a key. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="inline-flex gap-1">
      {keysOf(keys).map((key, index) => (
        <kbd
          // biome-ignore lint/suspicious/noArrayIndexKey: a key may stand there twice
          key={index}
          className="min-w-5 rounded-sm border border-line bg-sunken px-1 text-center font-mono text-muted text-xs"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
