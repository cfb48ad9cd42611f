/**
 * Opens a tab now, while the browser still counts it as the person's own click, and returns how to
 * send it somewhere later. Blocked pop-ups are no error: the dialog shows the link as well.
 */
export function openTab(): { go: (url: string) => void; close: () => void } {
  const tab = window.open("about:blank", "_blank");
  return {
    go(url) {
      if (!tab) return;
      tab.opener = null;
      tab.location.href = url;
    },
    close: () => tab?.close(),
  };
}
