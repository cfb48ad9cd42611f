// Sets the colour theme before the first paint. Kept in step with src/hooks/useTheme.ts.
(() => {
  let choice = "system";
  try {
    choice = localStorage.getItem("gateway.theme") ?? "system";
  } catch {
    // Storage may be forbidden; the system's theme will do.
  }
  const { dataset } = document.documentElement;
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  dataset.theme = dark ? "dark" : "light";
  if (choice === "contrast" || matchMedia("(prefers-contrast: more)").matches) dataset.contrast = "more";
})();
