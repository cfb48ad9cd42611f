import { type UIEvent, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { DataTable } from "@/components/DataTable";
import { isOver } from "@/hooks/timeRange";
import type { useRequests } from "@/hooks/useRequests";
import { useFormat } from "@/i18n/format";
import type { RequestsSearch } from "@/routes/search";
import { traceColumns } from "./columns";
import { NoneMatch } from "./NoneMatch";
import { NoRequests } from "./NoRequests";
import { RequestDrawer } from "./RequestDrawer";
import { Tail } from "./Tail";
import { useHeld } from "./useHeld";
import { isNarrowed } from "./views";

/** So far from the top, in pixels, somebody reads: the rows keep their place. */
const READING_PX = 40;

interface RequestListProps {
  requests: ReturnType<typeof useRequests>;
  filters: RequestsSearch;
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
  onClear: () => void;
}

/** The requests as they come, and beside them the one that is open. */
export function RequestList({ requests, filters, openId, onOpen, onClear }: RequestListProps) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const { shown, waiting, paused, setPaused, setAway } = useHeld(requests.rows);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo(() => traceColumns(t, format, filters), [i18n.language, filters]);
  const over = isOver(filters, Date.now());
  const onScroll = ({ target }: UIEvent) => {
    if (target instanceof HTMLElement && target.dataset.table !== undefined)
      setAway(target.scrollTop > READING_PX);
  };
  const toTop = () => {
    setAway(false);
    box.current?.querySelector("[data-table]")?.scrollTo({ top: 0 });
  };
  const at = shown?.findIndex(({ id }) => id === openId) ?? -1;
  const step = (by: 1 | -1) => {
    const next = at < 0 ? undefined : shown?.[at + by];
    return next && (() => onOpen(next.id));
  };
  return (
    <Card>
      <div ref={box} onScrollCapture={onScroll}>
        <DataTable
          name="requests"
          label={t("requests.title")}
          columns={columns}
          rows={shown}
          rowId={({ id }) => id}
          isCurrent={({ id }) => id === openId}
          onOpen={({ id }) => onOpen(id)}
          more={requests.more}
          error={requests.error}
          onRetry={() => void requests.refetch()}
          toolbar={
            <>
              <Tail paused={paused} waiting={waiting} over={over} onPause={setPaused} onShow={toTop} />
              {requests.readOf !== null && (
                <p className="text-muted text-sm">{t("requests.read_of", { count: requests.readOf })}</p>
              )}
            </>
          }
          empty={isNarrowed(filters) ? <NoneMatch requests={requests} onClear={onClear} /> : <NoRequests />}
        />
      </div>
      {openId !== undefined && (
        <RequestDrawer id={openId} onClose={() => onOpen(undefined)} onStep={at < 0 ? undefined : step} />
      )}
    </Card>
  );
}
