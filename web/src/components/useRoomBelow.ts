import { type RefObject, useLayoutEffect } from "react";

/** A fraction of a pixel is lost between two screens. */
const NEARLY = 2;

/** Whether it is on the screen, and ends below this line. */
function isUnder(it: Element, line: number): boolean {
  const { top, bottom } = it.getBoundingClientRect();
  return bottom > line && top < window.innerHeight;
}

/**
 * Keeps free, at the end of the page and of every window, what this part takes of the screen's lower edge: `--toasts`
 * says how much. Whoever is at the end of the page stays there, so that its last buttons are not covered; what keeps the
 * room must do so at once, without the moment that changes of style take for who wants no motion.
 */
export function useRoomBelow(part: RefObject<HTMLElement | null>) {
  useLayoutEffect(() => {
    const { current } = part;
    if (!current) return;
    const root = document.documentElement;
    const give = (height: number) => {
      const atEnd = root.scrollTop + root.clientHeight >= root.scrollHeight - NEARLY;
      root.style.setProperty("--toasts", `${height}px`);
      if (height === 0) return;
      if (atEnd) root.scrollTop = root.scrollHeight;
      // What one is at is not covered either.
      const at = document.activeElement;
      if (at && at !== document.body && isUnder(at, root.clientHeight - height))
        at.scrollIntoView({ block: "nearest" });
    };
    const observer = new ResizeObserver(() => give(current.offsetHeight));
    observer.observe(current);
    return () => {
      observer.disconnect();
      give(0);
    };
  }, [part]);
}
