import { defineConfig } from "vitest/config";

// A real browser against a running `gateway demo`; see tests/browser/support.ts for the environment.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/**/*.spec.ts"],
    globalSetup: ["tests/browser/globalSetup.ts"],
    // Most of a test is waiting; what specs must not do at once, they do in turns (tests/browser/turns.ts).
    maxWorkers: 3,
    // As in .config/nextest.toml: a test that passes at the second try is told of, and is a bug to mend.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
