import { cx } from "../cx";

export interface ChartTableData {
  columns: string[];
  rows: string[][];
}

/** The numbers of a chart. It scrolls in the place of the chart. */
export function ChartTable({
  label,
  height,
  columns,
  rows,
}: ChartTableData & { label: string; height: number }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section aria-label={label} tabIndex={0} className="overflow-auto" style={{ height }}>
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr>
            {columns.map((column, place) => (
              <th
                key={column}
                scope="col"
                className={cx(
                  "sticky top-0 whitespace-nowrap border-line border-b bg-surface px-2 py-1 font-medium text-muted text-xs",
                  place === 0 ? "text-left" : "text-right",
                )}
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two rows may say the same
            <tr key={line}>
              {row.map((cell, place) => (
                <td
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                  key={place}
                  className={cx(
                    "tabular whitespace-nowrap border-line border-b px-2 py-1",
                    place > 0 && "text-right",
                  )}
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
