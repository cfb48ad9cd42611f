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
    const { field, message, providers } = it as Record<keyof Violation, unknown>;
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

/** Puts what is wrong where it can be mended: `env.TOKEN` and `env[0]` stand at `env`; the rest below the form. */
export function placeViolations<Field extends string>(
  error: unknown,
  fields: readonly Field[],
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
  return { at, other, any: violations.length > 0 };
}
