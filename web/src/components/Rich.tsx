/** Words with `code` between backticks. */
export function Rich({ text }: { text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 1 ? (
      <code
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no other identity
        key={index}
        className="rounded-sm bg-sunken px-1 font-mono text-[0.93em] [overflow-wrap:anywhere]"
      >
        {part}
      </code>
    ) : (
      part
    ),
  );
}
