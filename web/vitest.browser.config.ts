import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { GATEWAY_URLS } from "./tests/browser/session.ts";

/** What goes over every page takes longest. */
const LONG = /\/(?:accessible|languages|roles|states|visual)[^/]*\.spec\.ts$/;

/** Begins with what takes longest, so that the workers end together. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

// A real browser against a running `gateway demo`; see tests/browser/session.ts for the environment.
export default defineConfig({
  // The pictures show the unit tests' samples, which name the page's own modules.
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    environment: "node",
    include: ["tests/browser/**/*.spec.ts"],
    // A program that is opened again and again is not compiled each time, and the cores have enough to do.
    provide: { engine: "--no-flush-bytecode --single-threaded-gc" },
    globalSetup: ["tests/browser/globalSetup.ts"],
    // Each has a gateway of its own.
    maxWorkers: GATEWAY_URLS.length,
    // A worker keeps its connection to the browser, and contexts with the program in their cache (tests/browser/browser.ts).
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // As in .config/nextest.toml: a test that passes at the second try is told of, and is a bug to mend.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
