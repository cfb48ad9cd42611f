import { useEffect, useRef } from "react";

const NEAR_PX = 48;

/** Keeps the end in view while it grows, unless the reader has scrolled up. */
export function useStickToBottom<T extends HTMLElement>(growing: unknown) {
  const box = useRef<T>(null);
  const stuck = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `growing` is what moves the end
  useEffect(() => {
    const element = box.current;
    if (element && stuck.current) element.scrollTop = element.scrollHeight;
  }, [growing]);
  const onScroll = () => {
    const element = box.current;
    if (element) stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
  };
  return { box, onScroll };
}
