import { ApiError } from "@/api/errors";

/** One value, or one rule, that a refusal says to be wrong. */
export interface Violation {
  /** Such as `limits[0].amount`; empty when it is about no single field. */
  field: string;
  message: string;
  providers: string[];
}

/** All that a refusal says to be wrong; none in any other error. */
export function violationsOf(error: unknown): Violation[] {
  const body = error instanceof ApiError ? (error.body as { violations?: unknown } | null) : null;
  const list: unknown[] = Array.isArray(body?.violations) ? body.violations : [];
  return list.flatMap((it) => {
    const { field, message, providers } = (it ?? {}) as Record<keyof Violation, unknown>;
    if (typeof message !== "string") return [];
    return {
      field: typeof field === "string" ? field : "",
      message,
      providers: Array.isArray(providers) ? providers.filter((name) => typeof name === "string") : [],
    };
  });
}

export interface Placed<Field extends string> {
  /** What stands at each field. */
  at: Record<Field, string[]>;
  /** What no field of the form is to blame for. */
  other: string[];
  any: boolean;
}

/** Which field each code of the gateway's is about; the first of them that a form has. */
const ABOUT: Readonly<Record<string, readonly string[]>> = {
  name_taken: ["name", "provider_name"],
  invalid_name: ["name", "provider_name"],
  slug_taken: ["slug"],
  invalid_slug: ["slug"],
  key_taken: ["agent_key"],
  invalid_agent_key: ["agent_key"],
  invalid_api_base: ["api_base"],
  invalid_title: ["title"],
  invalid_email: ["email"],
  other_address: ["email"],
  already_member: ["email"],
  role_too_high: ["role"],
  wrong_password: ["current", "password"],
  invalid_password: ["new", "password"],
  wrong_code: ["code"],
};

/**
 * Puts what is wrong where it can be mended: `env.TOKEN` and `env[0]` stand at `env`, a refusal without a list at the
 * field that its code is about, in the page's `words`; the rest below the form.
 */
export function placeViolations<Field extends string>(
  error: unknown,
  fields: readonly Field[],
  words: (error: unknown) => string,
): Placed<Field> {
  const violations = violationsOf(error);
  const at = Object.fromEntries(fields.map((field) => [field, []])) as unknown as Record<Field, string[]>;
  const other: string[] = [];
  for (const { field, message } of violations) {
    const name = fields.find(
      (it) => field === it || field.startsWith(`${it}.`) || field.startsWith(`${it}[`),
    );
    const text = field === "" || field === name ? message : `${field}: ${message}`;
    if (name) at[name].push(text);
    else other.push(text);
  }
  if (violations.length > 0 || !(error instanceof ApiError) || error.code === null)
    return { at, other, any: violations.length > 0 };
  const about = Object.hasOwn(ABOUT, error.code) ? ABOUT[error.code] : undefined;
  const field = about?.map((name) => fields.find((it) => it === name)).find((it) => it !== undefined);
  if (field !== undefined) at[field].push(words(error));
  return { at, other, any: field !== undefined };
}
