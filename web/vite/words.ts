import type { Plugin } from "vite";
import { type Part, partOf } from "../src/i18n/parts.ts";

const NAME = /\.json\?(first|rest)$/;

/** `en.json?first` and `en.json?rest`: a part of a language's file, see `src/i18n/parts.ts`. */
export function words(): Plugin {
  return {
    name: "words",
    // The file as it is, before it is made a module.
    enforce: "pre",
    transform: {
      filter: { id: NAME },
      handler(code, id) {
        const part = NAME.exec(id)?.[1] as Part;
        return { code: JSON.stringify(partOf(JSON.parse(code), part)), moduleType: "json", map: null };
      },
    },
  };
}
