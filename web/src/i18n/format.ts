import { useTranslation } from "react-i18next";

const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes ago"; a clock that runs a little ahead of ours is "now", not the future. */
export function relativeTime(language: string, then: number, now: number): string {
  const seconds = Math.round((then - now) / 1000);
  const near = seconds > 0 && seconds < 30 ? 0 : seconds;
  const [unit, size] = STEPS.find(([, step]) => Math.abs(near) >= step) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  return format.format(Math.trunc(near / size), unit);
}

export function absoluteTime(language: string, then: number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" }).format(then);
}

/** The time of day, for what is over within hours: 14:05. */
export function clock(language: string, then: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(then);
}

/** A calendar day such as 2026-05-01, which no time zone moves. */
export function day(language: string, date: string): string {
  const at = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(at)) return date;
  return new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" }).format(at);
}

function unit(language: string, value: number, name: string, digits: number): string {
  const style = { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language, style).format(value);
}

/** 640ms, 3.2s, 2m 5s. */
export function duration(language: string, ms: number): string {
  if (ms < 1000) return unit(language, Math.round(ms), "millisecond", 0);
  if (ms < 59_950) return unit(language, ms / 1000, "second", 1);
  const seconds = Math.round(ms / 1000);
  return `${unit(language, Math.floor(seconds / 60), "minute", 0)} ${unit(language, seconds % 60, "second", 0)}`;
}

const SPANS: [unit: string, seconds: number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** A length of time in its two largest units: 2 days 4 hr, 2 hr 15 min, 40 sec. */
export function span(language: string, seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = SPANS.findIndex(([, size]) => whole >= size);
  if (first < 0) return spanUnit(language, 0, "second");
  // Seconds beside minutes would only flicker.
  const shown = SPANS.slice(first, first + (first >= 2 ? 1 : 2));
  let rest = whole;
  const parts = shown.map(([name, size]) => {
    const value = Math.floor(rest / size);
    rest -= value * size;
    return value > 0 ? spanUnit(language, value, name) : "";
  });
  return parts.filter(Boolean).join(" ");
}

function spanUnit(language: string, value: number, name: string): string {
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
}

/** Whole up to five digits, then short: 9,812 and 1.2M. */
export function count(language: string, value: number): string {
  const short = Math.abs(value) >= 100_000;
  const options: Intl.NumberFormatOptions = short
    ? { notation: "compact", maximumFractionDigits: 1 }
    : { maximumFractionDigits: 0 };
  return new Intl.NumberFormat(language, options).format(value);
}

export function whole(language: string, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

export function percent(language: string, share: number): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** "a, b, c": in this order. */
export function list(language: string, names: string[]): string {
  return new Intl.ListFormat(language, { type: "unit", style: "short" }).format(names);
}

/** "a, b or c". */
export function either(language: string, names: string[]): string {
  return new Intl.ListFormat(language, { type: "disjunction" }).format(names);
}

/** The formatters in the language of the page. */
export function useFormat() {
  const { i18n } = useTranslation();
  const language = i18n.language;
  return {
    relativeTime: (then: number, now: number) => relativeTime(language, then, now),
    absoluteTime: (then: number) => absoluteTime(language, then),
    clock: (then: number) => clock(language, then),
    day: (date: string) => day(language, date),
    duration: (ms: number) => duration(language, ms),
    span: (seconds: number) => span(language, seconds),
    count: (value: number) => count(language, value),
    whole: (value: number) => whole(language, value),
    percent: (share: number) => percent(language, share),
    list: (names: string[]) => list(language, names),
    either: (names: string[]) => either(language, names),
  };
}
