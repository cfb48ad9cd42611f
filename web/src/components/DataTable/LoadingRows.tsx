/** Grey lines in the place of rows that are still loading, as high as rows. */
export function LoadingRows({ columns, rows }: { columns: number; rows: number }) {
  return (
    <tbody aria-hidden>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <tr key={row}>
          {Array.from({ length: columns }, (_, column) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the cells are all alike
            <td key={column} className="px-3 py-3 sm:border-line sm:border-b">
              <div
                className="h-3.5 min-w-12 animate-pulse rounded-sm bg-hover"
                style={{ width: `${88 - ((row * 17 + column * 29) % 45)}%` }}
              />
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
