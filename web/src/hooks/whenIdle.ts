/** Does something once the page has nothing more urgent to do, and has loaded; returns how to give it up. */
export function whenIdle(work: () => void): () => void {
  let given = false;
  const run = () => {
    if (!given) work();
  };
  const wait = () => {
    // Safari has no idle callbacks.
    if ("requestIdleCallback" in window) window.requestIdleCallback(run, { timeout: 5_000 });
    else setTimeout(run, 1_000);
  };
  if (document.readyState === "complete") wait();
  else window.addEventListener("load", wait, { once: true });
  return () => {
    given = true;
  };
}
