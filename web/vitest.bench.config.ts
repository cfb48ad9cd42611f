import { defineConfig } from "vitest/config";

// Measures the dashboard's production build before a running `gateway demo`; `make bench-web` starts one.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/bench/**/*.bench.ts"],
    globalSetup: ["tests/browser/globalSetup.ts"],
    // One after the other, and nothing beside them: what runs at once is measured too.
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
