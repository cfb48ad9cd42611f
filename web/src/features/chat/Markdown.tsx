import type { ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { Code } from "./Code";

interface Element {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Element[];
}

function textOf({ value = "", children = [] }: Element): string {
  return value + children.map(textOf).join("");
}

/** The language of a fence, as its class says it. */
function languageOf(code: Element): string | null {
  const names = code.properties?.className;
  const found = Array.isArray(names) ? names.map(String).find((it) => it.startsWith("language-")) : undefined;
  return found?.slice("language-".length) ?? null;
}

function Pre({ node, children }: { node?: unknown; children?: ReactNode }) {
  const code = (node as Element | undefined)?.children?.[0];
  if (!code) return <pre>{children}</pre>;
  return <Code text={textOf(code).replace(/\n$/, "")} language={languageOf(code)} />;
}

const COMPONENTS: Components = {
  a: ({ node: _node, ...rest }) => <a {...rest} target="_blank" rel="noreferrer noopener" />,
  // A picture from elsewhere would tell its server that this answer is being read; the policy blocks it anyway.
  img: ({ alt, src }) => <span>{alt || String(src ?? "")}</span>,
  pre: Pre,
};

/** A model's Markdown. HTML in it is not rendered, and what is rendered is sanitised as well. */
export default function Markdown({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={COMPONENTS}>
      {text}
    </ReactMarkdown>
  );
}
