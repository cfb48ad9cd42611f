import { Notice } from "@/components/Notice";
import { PageHeader } from "@/components/PageHeader";

/** A page that this role may not see, with the reason in its place. */
export function NoAccess({ title, reason }: { title: string; reason: string }) {
  return (
    <>
      <PageHeader title={title} />
      <Notice tone="idle">{reason}</Notice>
    </>
  );
}
