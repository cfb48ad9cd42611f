import { Block, Waiting } from "@/components/Waiting";

/** The page's areas before they are known, in the sizes that they will have. */
export function OverviewSkeleton() {
  return (
    <Waiting className="flex flex-col gap-4">
      <Block className="h-6" />
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Block className="h-52" />
        <Block className="h-52" />
      </div>
      <Block className="h-82" />
      <Block className="h-23.5" />
      <Block className="h-93" />
    </Waiting>
  );
}
