import { afterEach, expect, test, vi } from "vitest";
import { copyText } from "./copyText";

function button(): HTMLElement {
  document.body.innerHTML = "<div><button>Copy</button></div>";
  return document.querySelector("button") as HTMLElement;
}

afterEach(() => vi.unstubAllGlobals());

test("on plain http, without a clipboard, a selected text area beside the button does it", async () => {
  vi.stubGlobal("navigator", { clipboard: undefined });
  let copied = "";
  document.execCommand = () => {
    const area = document.querySelector("div > textarea") as HTMLTextAreaElement;
    copied = area.value;
    return true;
  };
  expect(await copyText("line\nline", button())).toBe(true);
  expect(copied).toBe("line\nline");
  expect(document.querySelector("textarea")).toBeNull();
});

test("a clipboard that refuses falls back as well, and failing is said", async () => {
  vi.stubGlobal("navigator", { clipboard: { writeText: () => Promise.reject(new Error("denied")) } });
  document.execCommand = () => false;
  expect(await copyText("x", button())).toBe(false);
});
