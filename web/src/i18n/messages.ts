import type { i18n } from "i18next";

/**
 * The part of ICU's messages that ours use: `{name}`, `{n, plural, =0 {…} one {…} other {…#…}}`,
 * `{word, select, one {…} other {…}}`, and `'` before a brace.
 * A test holds it to a full implementation, which would be a tenth of what the first page loads.
 */
type Part = string | { name: string; plural?: boolean; options?: Map<string, Part[]> } | { count: true };

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  /** Up to a closing brace, or the end. */
  parts(inPlural: boolean): Part[] {
    const parts: Part[] = [];
    let words = "";
    const push = (part: Part) => {
      if (words !== "") parts.push(words);
      words = "";
      parts.push(part);
    };
    while (this.at < this.text.length && this.text[this.at] !== "}") {
      const char = this.text[this.at] ?? "";
      if (char === "'") words += this.quoted();
      else if (char === "{") push(this.argument(inPlural));
      else {
        this.at += 1;
        if (char === "#" && inPlural) push({ count: true });
        else words += char;
      }
    }
    if (words !== "") parts.push(words);
    return parts;
  }

  /** An apostrophe is one, unless it stands before a brace: then all up to the next one is taken as it is. */
  private quoted(): string {
    const next = this.text[this.at + 1];
    if (next === "'") {
      this.at += 2;
      return "'";
    }
    if (next !== "{" && next !== "}") {
      this.at += 1;
      return "'";
    }
    const end = this.text.indexOf("'", this.at + 1);
    const stop = end < 0 ? this.text.length : end;
    const words = this.text.slice(this.at + 1, stop);
    this.at = stop + 1;
    return words;
  }

  private argument(inPlural: boolean): Part {
    this.at += 1;
    const name = this.word();
    if (this.take("}")) return { name };
    this.take(",");
    const plural = this.word() === "plural";
    this.take(",");
    const options = new Map<string, Part[]>();
    while (!this.take("}") && this.at < this.text.length) {
      const choice = this.word();
      this.take("{");
      options.set(choice, this.parts(plural || inPlural));
      this.take("}");
    }
    return { name, plural, options };
  }

  private word(): string {
    this.space();
    const from = this.at;
    while (/[^\s,{}]/.test(this.text[this.at] ?? " ")) this.at += 1;
    const word = this.text.slice(from, this.at);
    this.space();
    return word;
  }

  private take(char: string): boolean {
    this.space();
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private space() {
    while (/\s/.test(this.text[this.at] ?? "x")) this.at += 1;
  }
}

type Values = Record<string, unknown>;

function write(parts: readonly Part[], language: string, values: Values, count?: number): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      if ("count" in part) return new Intl.NumberFormat(language).format(count ?? 0);
      const value = values[part.name];
      if (!part.options) return String(value ?? "");
      const number = part.plural ? Number(value) : count;
      const chosen = choose(part.options, part.plural ? Number(value) : String(value), language);
      return write(chosen, language, values, number);
    })
    .join("");
}

function choose(options: Map<string, Part[]>, value: number | string, language: string): readonly Part[] {
  const found =
    typeof value === "string"
      ? options.get(value)
      : (options.get(`=${value}`) ?? options.get(new Intl.PluralRules(language).select(value)));
  return found ?? options.get("other") ?? [];
}

const read = new Map<string, Part[]>();

/** A message in a language, with its values. */
export function message(text: string, language: string, values: Values): string {
  if (!text.includes("{") && !text.includes("'")) return text;
  let parts = read.get(text);
  if (!parts) {
    parts = new Reader(text).parts(false);
    read.set(text, parts);
  }
  return write(parts, language, values);
}

/** Makes i18next write messages so. */
export const messageFormat = {
  type: "i18nFormat",
  init(_i18next: i18n) {},
  addLookupKeys: (keys: string[]) => keys,
  parse: (text: unknown, values: Values, language: string) =>
    typeof text === "string" ? message(text, language, values) : text,
} as const;
