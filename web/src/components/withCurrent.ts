/** The list with the current choice in it, so that opening a form never changes what is stored. */
export function withCurrent(list: string[], current: string): string[] {
  return current === "" || list.includes(current) ? list : [current, ...list];
}
