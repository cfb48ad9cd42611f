// In this order: most browsers name others as well.
const BROWSERS: [name: string, mark: RegExp][] = [
  ["Edge", /\bEdgA?\//],
  ["Opera", /\bOPR\//],
  ["Firefox", /\b(?:Firefox|FxiOS)\//],
  ["Chrome", /\b(?:Chrome|CriOS|Chromium)\//],
  ["Safari", /\bVersion\/.*Safari\//],
];

const SYSTEMS: [name: string, mark: RegExp][] = [
  ["iOS", /\b(?:iPhone|iPad|iPod)\b/],
  ["Android", /\bAndroid\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMac OS X\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["Linux", /\bLinux\b/],
];

const named = (list: [string, RegExp][], agent: string) => list.find(([, mark]) => mark.test(agent))?.[0];

/** "Firefox, Linux" of what a browser calls itself; `null` when it says nothing. */
export function deviceOf(agent: string | null | undefined): string | null {
  if (!agent) return null;
  const parts = [named(BROWSERS, agent), named(SYSTEMS, agent)].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : (agent.split(/[\s/]/)[0] ?? null);
}
