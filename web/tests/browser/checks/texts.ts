import type { Page } from "playwright-core";
import { WORDS } from "../words";

/** What a person reads or hears on the page, but for code, names in `lang`, and what was typed. */
function textsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const NOT_OURS =
      "code, pre, kbd, samp, time, script, style, noscript, [lang]:not(html), .font-mono, [translate=no]";
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (!element || element.closest(NOT_OURS)) continue;
      if (node instanceof Element)
        for (const attribute of ["aria-label", "title", "placeholder", "alt"])
          found.add(node.getAttribute(attribute) ?? "");
      else found.add(node.textContent ?? "");
    }
    found.add(document.title);
    return [...found].map((text) => text.replace(/\s+/g, " ").trim()).filter((text) => text !== "");
  });
}

/** What the languages that aren't written in Latin letters say in them anyway: names of things. */
const NAMES = new Set(
  "gateway DEMO curl SDK Python Node OpenRouter Groq DeepSeek Mistral xAI Ollama npx Linux my-provider llm reviewer".split(
    " ",
  ),
);

function latinWords(text: string): string[] {
  return text.match(/[A-Za-z][A-Za-z’'-]{2,}/g) ?? [];
}

const known = new Map<string, Set<string>>();

/** The Latin words of a language's own file, which translators put there on purpose. */
function wordsKnownIn(language: string): Set<string> {
  let found = known.get(language);
  if (!found) {
    const texts = [...(WORDS[language]?.values() ?? [])].map((text) => text.replace(/\{[^{}]*\}/g, " "));
    found = new Set([...NAMES, ...texts.flatMap(latinWords)]);
    known.set(language, found);
  }
  return found;
}

/** What should be in another language, or is the name of a text instead of it. `data` is what the gateway said. */
export async function untranslated(
  page: Page,
  language: string,
  data: ReadonlySet<string>,
): Promise<string[]> {
  const texts = (await textsOf(page)).filter((text) => !data.has(text));
  const raw = texts.filter((text) => WORDS.en?.has(text)).map((text) => `a key: ${text}`);
  if (language === "en") return raw;
  const english = new Map([...(WORDS.en ?? [])].map(([key, text]) => [text, key]));
  const mine = new Set(WORDS[language]?.values());
  const left = texts.filter((text) => english.has(text) && !mine.has(text)).map((text) => `English: ${text}`);
  if (language === "vi") return [...raw, ...left];
  const names = new Set([...data].filter((each) => !each.includes(" ")).flatMap(latinWords));
  const may = wordsKnownIn(language);
  const messages = [...data].filter((each) => each.includes(" "));
  const foreign = texts.flatMap((text) => {
    const ours = messages.reduce((rest, message) => rest.replace(message, ""), text);
    const words = latinWords(ours).filter((word) => !may.has(word) && !names.has(word));
    return words.length > 0 ? [`${words.join(", ")} in: ${text}`] : [];
  });
  return [...raw, ...left, ...foreign];
}
