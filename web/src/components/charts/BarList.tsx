import type { ReactNode } from "react";
import { Bar, type BarPart } from "./Bar";

export interface BarItem {
  key: string;
  label: ReactNode;
  parts: readonly BarPart[];
  /** The value in words. */
  text: ReactNode;
}

interface BarListProps {
  label: string;
  /** The titles of the three columns; only screen readers hear them. */
  columns: readonly [name: string, value: string, bar: string];
  items: readonly BarItem[];
}

/** Bars beside each other's names and values: a chart that is its own table. All have the scale of the longest. */
export function BarList({ label, columns, items }: BarListProps) {
  const total = ({ parts }: BarItem) => parts.reduce((sum, { value }) => sum + value, 0);
  const max = Math.max(0, ...items.map(total));
  const [name, value, bar] = columns;
  return (
    <table aria-label={label} className="w-full text-sm">
      <thead className="sr-only">
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">{bar}</th>
          <th scope="col">{value}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.key}>
            <th
              scope="row"
              className="max-w-40 truncate py-1 pr-3 text-left align-middle font-normal sm:max-w-56"
            >
              {item.label}
            </th>
            <td className="w-full py-1 align-middle">
              <Bar parts={item.parts} max={max} />
            </td>
            <td className="tabular whitespace-nowrap py-1 pl-3 text-right align-middle">{item.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
