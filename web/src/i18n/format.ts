import { useTranslation } from "react-i18next";

const made = new Map<string, unknown>();

/** A formatter takes longer to make than to use by far: each is made once. */
function once<T>(kind: string, language: string, options: object, make: () => T): T {
  const key = `${kind} ${language} ${JSON.stringify(options)}`;
  const known = made.get(key);
  if (known !== undefined) return known as T;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

function dateFormat(language: string, options: Intl.DateTimeFormatOptions) {
  return once("date", language, options, () => new Intl.DateTimeFormat(language, options));
}

function numberFormat(language: string, options: Intl.NumberFormatOptions = {}) {
  return once("number", language, options, () => new Intl.NumberFormat(language, options));
}

const RELATIVE: Intl.RelativeTimeFormatOptions = { numeric: "auto", style: "short" };

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
  const make = () => new Intl.RelativeTimeFormat(language, RELATIVE);
  const format = once("relative", language, RELATIVE, make);
  return format.format(Math.trunc(near / size), unit);
}

export function absoluteTime(language: string, then: number): string {
  return dateFormat(language, { dateStyle: "medium", timeStyle: "long" }).format(then);
}

/** The time of day, for what is over within hours: 14:05. */
export function clock(language: string, then: number): string {
  return dateFormat(language, { timeStyle: "short" }).format(then);
}

/** A day with its time, without seconds: Nov 22, 14:05. */
export function moment(language: string, then: number): string {
  const parts = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" } as const;
  return dateFormat(language, parts).format(then);
}

/** A day of the coming week where the reader is: Fri 3. */
export function dayOfWeek(language: string, at: number): string {
  return dateFormat(language, { weekday: "short", day: "numeric" }).format(at);
}

/** A calendar day such as 2026-05-01, which no time zone moves. */
export function day(language: string, date: string): string {
  const at = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(at)) return date;
  return dateFormat(language, { month: "short", day: "numeric", timeZone: "UTC" }).format(at);
}

function unit(language: string, value: number, name: string, digits: number): string {
  const style = { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits } as const;
  return numberFormat(language, style).format(value);
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
  return numberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
}

/** Whole up to five digits, then short: 9,812 and 1.2M. */
export function count(language: string, value: number): string {
  const short = Math.abs(value) >= 100_000;
  const options: Intl.NumberFormatOptions = short
    ? { notation: "compact", maximumFractionDigits: 1 }
    : { maximumFractionDigits: 0 };
  return numberFormat(language, options).format(value);
}

export function whole(language: string, value: number): string {
  return numberFormat(language).format(value);
}

export function percent(language: string, share: number): string {
  return numberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** A change: +12%, −3%, 0%. */
export function signedPercent(language: string, change: number): string {
  const style = { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" } as const;
  return numberFormat(language, style).format(change);
}

/** A Monday, to name the days and hours of any week by. */
const MONDAY = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;

function ofWeek(language: string, day: number, hour: number, parts: Intl.DateTimeFormatOptions): string {
  const at = MONDAY + (day * 24 + hour) * HOUR_MS;
  return dateFormat(language, { ...parts, timeZone: "UTC" }).format(at);
}

/** A day of the week, from Monday as 0 on: Mon. */
export function weekday(language: string, day: number): string {
  return ofWeek(language, day, 0, { weekday: "short" });
}

/** A full hour as a time of day: 14:00. */
export function hour(language: string, value: number): string {
  return ofWeek(language, 0, value, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** An hour of the week: Monday, 14:00 – 15:00. */
export function weekHour(language: string, day: number, value: number): string {
  const name = ofWeek(language, day, 0, { weekday: "long" });
  return `${name}, ${hour(language, value)} – ${hour(language, value + 1)}`;
}

/** A share that is told to a tenth, so that 99.9% is not a hundred: it is never rounded up to all or down to nothing. */
export function precisePercent(language: string, share: number): string {
  const whole = share === 0 || share === 1;
  const kept = whole ? share : Math.min(0.999, Math.max(0.001, share));
  return numberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(kept);
}

/** "a, b, c": in this order. */
export function list(language: string, names: string[]): string {
  // `Intl.ListFormat` has no form without "and" that keeps Chinese names apart.
  return names.join(language === "zh" || language === "ja" ? "、" : ", ");
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
    moment: (then: number) => moment(language, then),
    dayOfWeek: (at: number) => dayOfWeek(language, at),
    day: (date: string) => day(language, date),
    duration: (ms: number) => duration(language, ms),
    span: (seconds: number) => span(language, seconds),
    count: (value: number) => count(language, value),
    whole: (value: number) => whole(language, value),
    percent: (share: number) => percent(language, share),
    signedPercent: (change: number) => signedPercent(language, change),
    weekday: (day: number) => weekday(language, day),
    hour: (value: number) => hour(language, value),
    weekHour: (day: number, value: number) => weekHour(language, day, value),
    precisePercent: (share: number) => precisePercent(language, share),
    list: (names: string[]) => list(language, names),
    either: (names: string[]) => either(language, names),
  };
}
