import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { type Cookie, enter, GATEWAY_URLS } from "./session";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the one browser of the run listens; each test has a context of its own in it. */
    browserEndpoint: string;
    /** The cookies of one session of the gateway's token, by the gateway's address. */
    sessions: Record<string, Cookie[]>;
    /** How the engine of the browser is set; nothing where it is measured. */
    engine?: string;
  }
}

/** Starts the browser and signs in: once, since both cost more than most tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { engine } = project.getProvidedContext();
  const sessions = await Promise.all(GATEWAY_URLS.map(async (url) => [url, await enter(url)] as const));
  const server = await chromium.launchServer({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      // Pictures of letters are to have no coloured edges, whatever the system is set to.
      "--disable-lcd-text",
      ...(engine ? [`--js-flags=${engine}`] : []),
    ],
  });
  project.provide("browserEndpoint", server.wsEndpoint());
  project.provide("sessions", Object.fromEntries(sessions));
  return () => server.close();
}
