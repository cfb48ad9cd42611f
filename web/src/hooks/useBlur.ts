import { createStore, useStore } from "./store";
import { readStored, writeStored } from "./stored";

const blur = createStore(readStored("blur") === "on");

function paint() {
  document.documentElement.toggleAttribute("data-blur", blur.get());
}

paint();

export function setBlur(on: boolean) {
  writeStored("blur", on ? "on" : "off");
  blur.set(on);
  paint();
}

/** Whether e-mail addresses are blurred, for a screen that others see. */
export function useBlur(): boolean {
  return useStore(blur);
}
