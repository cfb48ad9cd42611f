/** The words of a search, to find them again in what was found. */
function pattern(q: string): RegExp | null {
  const words = q.split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return new RegExp(`(${words.map((it) => it.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "giu");
}

/** Where a search found its words, with the words marked. */
export function Found({ text, q }: { text: string; q: string }) {
  const words = pattern(q);
  const parts = words ? text.split(words) : [text];
  return (
    <span className="line-clamp-2 text-muted text-xs [overflow-wrap:anywhere]" data-testid="snippet">
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no other identity
          <mark key={index} className="rounded-sm bg-warn-soft text-warn">
            {part}
          </mark>
        ) : (
          part
        ),
      )}
    </span>
  );
}
