import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { sharedByFirstPaint } from "./vite/firstPaint.ts";
import { precompress } from "./vite/precompress.ts";
import { words } from "./vite/words.ts";

const BASE =
  /node_modules\/(?:react|react-dom|scheduler|react-i18next|i18next|openapi-fetch|use-sync-external-store|@tanstack\/(?:react-router|router-core|history|react-query|query-core|react-store|store))\//;

export default defineConfig({
  plugins: [words(), react(), tailwindcss(), precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    // The content security policy allows no inline code; nothing is worth inlining as data either.
    assetsInlineLimit: 0,
    // Which page needs which files; the tests add up what a first visit costs.
    manifest: true,
    rolldownOptions: {
      output: {
        // What every page needs of others' code: one file packs better than many, and stays the same between releases.
        codeSplitting: {
          groups: [
            { name: "base", test: BASE, priority: 1 },
            { name: sharedByFirstPaint(), minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: { proxy: { "/v1": "http://127.0.0.1:18790" } },
  test: {
    environment: "happy-dom",
    // Files share the modules of their worker, which takes a third of the time; tests/setup.ts puts back what they change.
    isolate: false,
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./tests/setup.ts"],
    // A busy machine is slow; what hangs is still found.
    testTimeout: 30_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
