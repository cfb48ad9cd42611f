import { CopyButton } from "./CopyButton";
import { Notice } from "./Notice";

/** A secret that is never shown again. */
export function ShownOnce({ label, value, hint }: { label: string; value: string; hint: string }) {
  return (
    <div className="flex flex-col gap-2">
      <Notice tone="warn">{hint}</Notice>
      <SecretLine label={label} value={value} />
    </div>
  );
}

export function SecretLine({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code
        data-testid="secret"
        title={label}
        className="min-w-0 flex-1 font-mono text-sm [overflow-wrap:anywhere]"
      >
        {value}
      </code>
      <CopyButton text={value} what={label} />
    </div>
  );
}
