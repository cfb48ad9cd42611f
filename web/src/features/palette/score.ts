/** How well a line fits what is typed: every word has to be in it, best at the start of a word. 0 leaves it out. */
export function score(_id: string, typed: string, words: readonly string[] = []): number {
  const text = ` ${words.join(" ").toLocaleLowerCase()}`;
  let sum = 0;
  const wanted = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  for (const [index, word] of wanted.entries()) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    const starts = text.includes(` ${word}`);
    sum += index === 0 && at === 1 ? 1 : starts ? 0.8 : 0.4;
  }
  return wanted.length === 0 ? 1 : sum / wanted.length;
}
