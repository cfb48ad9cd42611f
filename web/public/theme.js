// Sets the colour theme before the first paint. Kept in step with src/hooks/useTheme.ts.
(() => {
  let choice = "system";
  try {
    choice = localStorage.getItem("gateway.theme") ?? "system";
  } catch {
    // Storage may be forbidden; the system's theme will do.
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
