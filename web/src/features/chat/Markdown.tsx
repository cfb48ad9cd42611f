import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";

const COMPONENTS: Components = {
  a: ({ node: _node, ...rest }) => <a {...rest} target="_blank" rel="noreferrer noopener" />,
  // A picture from elsewhere would tell its server that this answer is being read; the policy blocks it anyway.
  img: ({ alt, src }) => <span>{alt || String(src ?? "")}</span>,
};

/** A model's Markdown. HTML in it is not rendered, and what is rendered is sanitised as well. */
export default function Markdown({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={COMPONENTS}>
      {text}
    </ReactMarkdown>
  );
}
