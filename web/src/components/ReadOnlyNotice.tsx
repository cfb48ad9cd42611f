import { Notice } from "./Notice";

/** Says at the top of a page why its buttons do nothing; a reason on hover alone reaches no phone. */
export function ReadOnlyNotice({ reason }: { reason: string | undefined }) {
  if (reason === undefined) return null;
  return (
    <Notice tone="idle" className="mb-4">
      {reason}
    </Notice>
  );
}
