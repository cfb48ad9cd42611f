import { defineConfig } from "vitest/config";

// A real browser against a running `gateway demo`; see tests/browser/support.ts for the environment.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/**/*.spec.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
