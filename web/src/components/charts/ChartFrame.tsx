import { ChartLine, Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../Button";
import { ChartTable, type ChartTableData } from "./ChartTable";

interface ChartFrameProps {
  label: string;
  /** Of the chart and of the table in its place, so that nothing moves. */
  height: number;
  legend?: ReactNode;
  /** Made only when it is asked for. */
  table: () => ChartTableData;
  /** Nothing can be drawn here: the table is all there is. */
  tableOnly?: boolean;
  children: ReactNode;
}

/** A chart with its legend, and the same as a table behind a button. */
export function ChartFrame({ label, height, legend, table, tableOnly = false, children }: ChartFrameProps) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  return (
    <figure aria-label={label} className="min-w-0">
      <div className="mb-1.5 flex min-h-7 items-start justify-between gap-3">
        <div className="min-w-0 pt-1">{legend}</div>
        {!tableOnly && (
          <Button size="sm" look="quiet" onClick={() => setAsTable(!asTable)}>
            {asTable ? <ChartLine size={14} aria-hidden /> : <Table2 size={14} aria-hidden />}
            {t(asTable ? "charts.as_chart" : "charts.as_table")}
            <span className="sr-only">: {label}</span>
          </Button>
        )}
      </div>
      {asTable || tableOnly ? <ChartTable label={label} height={height} {...table()} /> : children}
    </figure>
  );
}
