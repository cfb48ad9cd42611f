/** An e-mail address; blurred where the viewer wants it so, until the pointer or the focus is on it. */
export function Email({ address }: { address: string }) {
  return <span className="email">{address}</span>;
}

/** What looks like an address: rather too much of the words around it than too little of it. */
const ADDRESS = /([\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)/u;

/** Words from elsewhere, with every e-mail address in them as an `Email`. */
export function Emails({ text }: { text: string }) {
  if (!text.includes("@")) return text;
  return text.split(ADDRESS).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other identity
      <Email key={index} address={part} />
    ) : (
      part
    ),
  );
}
