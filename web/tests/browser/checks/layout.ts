import type { Page } from "playwright-core";

/** What scrolls sideways is that much wider on both sides than its place, so that focus rings aren't cut. */
const ROOM_FOR_FOCUS = 4;

/**
 * What doesn't fit: elements whose content is wider than they are, text outside the window, a page that scrolls
 * sideways. What scrolls by itself, and what is only for screen readers, may be wider.
 */
export function overflows(page: Page): Promise<string[]> {
  return page.evaluate((room) => {
    const found: string[] = [];
    const name = (element: Element) => {
      const text = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 60);
      return `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ${text}`;
    };
    const scrolls = (style: CSSStyleDeclaration) =>
      style.overflowX === "auto" || style.overflowX === "scroll";
    const hidden = (element: Element, style: CSSStyleDeclaration) =>
      !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ||
      style.clipPath !== "none";
    const walk = (element: Element, inScroller: boolean) => {
      const style = getComputedStyle(element);
      if (hidden(element, style)) return;
      const box = element.getBoundingClientRect();
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
      if (own && !inScroller && (box.right > window.innerWidth + 1 || box.left < -1))
        found.push(`outside the window: ${name(element)}`);
      const fits = element.scrollWidth <= element.clientWidth + room;
      // An inline box has no width of its own; of fields, the value may be longer.
      const measurable =
        element.clientWidth > 0 && !["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);
      const cutOnPurpose = style.textOverflow === "ellipsis";
      if (measurable && !fits && !scrolls(style) && !cutOnPurpose)
        found.push(`${element.scrollWidth} px in ${element.clientWidth} px: ${name(element)}`);
      for (const child of element.children) walk(child, inScroller || scrolls(style));
    };
    walk(document.body, false);
    const excess = document.documentElement.scrollWidth - window.innerWidth;
    if (excess > 0) found.push(`the page scrolls sideways by ${excess} px`);
    return found;
  }, ROOM_FOR_FOCUS);
}
