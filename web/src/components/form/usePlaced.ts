import { useErrorWords } from "@/hooks/useErrorWords";
import { type Placed, placeViolations } from "./violations";

/** What the gateway found wrong with what a form sent, at the fields that the form has. */
export function usePlaced<Field extends string>(error: unknown, fields: readonly Field[]): Placed<Field> {
  return placeViolations(error, fields, useErrorWords());
}
