import { useMemo } from "react";
import { qrCode } from "./qr";

/** Light modules around the code, which readers need. */
const QUIET = 4;

/** A QR code; nothing when the text is too long for one. Always dark on white, also in the dark: not every reader takes it inverted. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const grid = useMemo(() => qrCode(text), [text]);
  if (!grid) return null;
  const size = grid.length + QUIET * 2;
  const path = grid
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width={200}
      height={200}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
