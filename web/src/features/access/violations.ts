import { ApiError } from "@/api/errors";

/** Every value that a refusal says to be wrong, "field: why"; empty when it says none. */
export function violationsOf(error: unknown): string[] {
  const body = error instanceof ApiError ? (error.body as { violations?: unknown } | null) : null;
  const list = Array.isArray(body?.violations) ? body.violations : [];
  return (list as { field?: unknown; message?: unknown }[]).flatMap(({ field, message }) => {
    if (typeof message !== "string") return [];
    return typeof field === "string" && field !== "" ? `${field}: ${message}` : message;
  });
}
