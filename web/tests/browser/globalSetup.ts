import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { type Cookie, enter } from "./session";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the one browser of the run listens; each test has a context of its own in it. */
    browserEndpoint: string;
    /** The cookies of one session of the gateway's token. */
    session: Cookie[];
    /** Who holds what several specs change; see `turns.ts`. */
    turns: string;
  }
}

/** Starts the browser and signs in: once, since both cost more than most tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const session = await enter();
  const server = await chromium.launchServer({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
  const turns = await mkdtemp(join(tmpdir(), "gateway-turns-"));
  project.provide("browserEndpoint", server.wsEndpoint());
  project.provide("session", session);
  project.provide("turns", turns);
  return async () => {
    await server.close();
    await rm(turns, { recursive: true, force: true });
  };
}
