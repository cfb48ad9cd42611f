import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, beforeAll } from "vitest";
import { setReachable } from "@/api/connection";
import { chooseTenant } from "@/api/tenant";
import { ended } from "@/hooks/ended";
import { toasts } from "@/hooks/toasts";
import { initI18n } from "@/i18n";
import { fetchWords } from "@/i18n/words";
import { FakeEventSource } from "./fakeEvents";

// A part that is loaded when it is first shown takes more than the usual second on a busy machine.
configure({ asyncUtilTimeout: 4_000 });

Object.assign(globalThis, { EventSource: FakeEventSource });

beforeAll(async () => {
  if (!i18next.isInitialized) await initI18n();
  await fetchWords("en", "rest");
  await i18next.changeLanguage("en");
});

afterEach(() => {
  cleanup();
  setReachable(true);
  ended.set(false);
  toasts.set([]);
  chooseTenant(null);
  localStorage.clear();
  sessionStorage.clear();
  FakeEventSource.all.length = 0;
});
