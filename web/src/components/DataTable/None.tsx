/** In the place of a value that a row has not; a phone does without it. */
export const NONE = (
  <span data-none className="text-muted">
    –
  </span>
);
