import { useState } from "react";

/**
 * Gives the focus back to what opened a window, when it closes; to the page's heading when that is gone. False when
 * nothing takes it.
 * Radix does so for its own triggers only, and our windows are opened by the address.
 */
export function useReturnFocus(): () => boolean {
  const [opener] = useState(() => document.activeElement);
  return () => {
    const usable = opener instanceof HTMLElement && opener !== document.body && opener.isConnected;
    const target = usable ? opener : document.querySelector<HTMLElement>("main h1");
    target?.focus();
    return target !== null;
  };
}
