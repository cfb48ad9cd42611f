import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { common, createLowlight } from "lowlight";
import { useMemo } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";

const lowlight = createLowlight(common);

/** Code as coloured elements; a language that is not known stays plain. */
export default function Highlighted({ text, language }: { text: string; language: string }) {
  return useMemo(() => {
    if (!lowlight.registered(language)) return text;
    return toJsxRuntime(lowlight.highlight(language, text), { Fragment, jsx, jsxs });
  }, [text, language]);
}
