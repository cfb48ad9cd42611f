import { cx } from "./cx";

interface ErrorLinesProps {
  id?: string;
  errors: readonly string[];
  className?: string;
}

/** What is wrong with what was written or chosen, below it. */
export function ErrorLines({ id, errors, className }: ErrorLinesProps) {
  if (errors.length === 0) return null;
  return (
    <div id={id} role="alert" className={cx("text-bad text-sm [overflow-wrap:anywhere]", className)}>
      {errors.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </div>
  );
}
