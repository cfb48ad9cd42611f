import type { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import type { LucideIcon } from "lucide-react";
import { Keys } from "@/components/Keys";

export type Go = ReturnType<typeof useNavigate>;

/** A group of the palette with its heading. */
export const GROUP =
  "[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs";

interface ItemProps {
  /** Tells it apart from all others. */
  id: string;
  Icon: LucideIcon;
  label: string;
  /** Said after the label, and found as well. */
  note?: string | undefined;
  keys?: string;
  onSelect: () => void;
}

/** One line of the palette. */
export function Item({ id, Icon, label, note, keys, onSelect }: ItemProps) {
  return (
    <Command.Item
      value={id}
      keywords={[label, ...(note ? [note] : [])]}
      onSelect={onSelect}
      className="flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-1.5 data-[selected=true]:bg-hover"
    >
      <Icon size={15} aria-hidden className="shrink-0 text-muted" />
      <span className="min-w-0 truncate">{label}</span>
      {note && <span className="min-w-0 truncate text-muted text-xs">{note}</span>}
      {keys && (
        <span className="ml-auto shrink-0">
          <Keys keys={keys} />
        </span>
      )}
    </Command.Item>
  );
}
