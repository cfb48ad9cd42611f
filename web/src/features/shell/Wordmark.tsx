/** The product's mark and name. */
export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2 font-semibold text-base tracking-tight">
      <img src="/favicon.svg" alt="" width={20} height={20} />
      gateway
    </span>
  );
}
