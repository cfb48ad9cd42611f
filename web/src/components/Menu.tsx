import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { createContext, type ReactNode, type RefObject, use, useRef } from "react";
import { cx } from "./cx";

type Action = () => void;

const Chosen = createContext<RefObject<Action | null>>({ current: null });

/** What is chosen happens once the menu is gone and its button has the focus: a window it opens returns it there. */
export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  const chosen = useRef<Action>(null);
  const run = () => {
    const action = chosen.current;
    chosen.current = null;
    if (action) setTimeout(action, 0);
  };
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={run}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded-md border border-line bg-surface p-1 text-ink shadow-float"
        >
          <Chosen value={chosen}>{children}</Chosen>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  "flex cursor-default select-none items-center gap-2 rounded-sm px-2 py-1.5 text-base outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50";

interface MenuItemProps {
  onSelect: Action;
  danger?: boolean;
  children: ReactNode;
}

export function MenuItem({ onSelect, danger, children }: MenuItemProps) {
  const chosen = use(Chosen);
  return (
    <Radix.Item
      className={cx(ITEM, danger && "text-bad")}
      onSelect={() => {
        chosen.current = onSelect;
      }}
    >
      {children}
    </Radix.Item>
  );
}

interface MenuCheckProps {
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

/** Something that is on or off. The menu stays open: often more than one is chosen. */
export function MenuCheck({ checked, disabled, onChange, children }: MenuCheckProps) {
  return (
    <Radix.CheckboxItem
      className={ITEM}
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <span className="grid size-4 shrink-0 place-items-center">
        <Radix.ItemIndicator>
          <Check size={14} aria-hidden />
        </Radix.ItemIndicator>
      </span>
      {children}
    </Radix.CheckboxItem>
  );
}

/** Why something is not among the items, or what those below are. */
export function MenuNote({ children }: { children: ReactNode }) {
  return <p className="max-w-60 px-2 py-1.5 text-muted text-xs">{children}</p>;
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
