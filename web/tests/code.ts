/** The dashboard's code by its path from here, such as `/src/main.tsx`; without tests and what is generated. */
export const CODE: Record<string, string> = import.meta.glob<string>(
  ["/src/**/*.{ts,tsx}", "!/src/**/*.test.*", "!/src/api/schema.d.ts"],
  { eager: true, query: "?raw", import: "default" },
);

/** Which of these keys of words the code names, in full or by a pattern. */
export function namedIn(code: string, keys: Iterable<string>): string[] {
  const literals = new Set([...code.matchAll(/"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"/g)].map((match) => match[1]));
  const patterns = [...code.matchAll(/\bt\(\s*`([^`]+)`/g)].map(
    (match) =>
      new RegExp(`^${(match[1] ?? "").replaceAll(".", "\\.").replace(/\$\{[^}]+\}/g, "[a-z0-9_]+")}$`),
  );
  return [...keys].filter((key) => literals.has(key) || patterns.some((pattern) => pattern.test(key)));
}
