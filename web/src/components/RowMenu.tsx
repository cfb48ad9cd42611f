import { Ellipsis } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Menu } from "./Menu";

interface RowMenuProps {
  /** Of what the row is of. */
  name: string;
  /** Why nothing may be done with it. */
  denied?: string | undefined;
  busy?: boolean;
  /** The items of the menu. */
  children: ReactNode;
}

/** What else can be done with the thing of a row. */
export function RowMenu({ name, denied, busy = false, children }: RowMenuProps) {
  const { t } = useTranslation();
  const button = (
    <Button
      look="quiet"
      size="icon"
      denied={denied}
      busy={busy}
      aria-label={t("common.actions_for", { name })}
    >
      {!busy && <Ellipsis size={16} aria-hidden />}
    </Button>
  );
  return denied === undefined ? <Menu trigger={button}>{children}</Menu> : button;
}
