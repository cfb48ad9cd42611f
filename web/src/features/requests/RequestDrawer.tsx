import { ChevronDown, ChevronUp } from "lucide-react";
import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { Button } from "@/components/Button";
import { cx } from "@/components/cx";
import { Drawer } from "@/components/Drawer";
import { Loaded } from "@/components/Loaded";
import { useRequest } from "@/hooks/useRequests";
import { RequestView } from "./RequestView";

interface RequestDrawerProps {
  id: string;
  onClose: () => void;
  /** To the request after (`1`) or before this one in the list; `undefined` where there is none. */
  onStep?: ((by: 1 | -1) => (() => void) | undefined) | undefined;
}

/** The row of the request that was open, wherever the list stands now. */
function focusRow(id: string): boolean {
  const row = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
  row?.focus();
  return row !== null;
}

/** One request, beside the list. `j` and `k` go on to the next and back. */
export function RequestDrawer({ id, onClose, onStep }: RequestDrawerProps) {
  const { t } = useTranslation();
  const query = useRequest(id);
  const gone = query.error instanceof ApiError && query.error.status === 404;
  const next = onStep?.(1);
  const previous = onStep?.(-1);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { j: next, k: previous }[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  };
  return (
    <Drawer
      title={t("requests.details")}
      lead={<code className="font-mono">{id}</code>}
      onClose={onClose}
      onKeyDown={onKeyDown}
      returnTo={() => focusRow(id)}
      actions={
        onStep && (
          <>
            <Button
              look="quiet"
              size="icon"
              aria-keyshortcuts="k"
              aria-label={t("requests.previous")}
              title={t("requests.previous")}
              disabled={!previous}
              onClick={previous}
            >
              <ChevronUp size={16} aria-hidden />
            </Button>
            <Button
              look="quiet"
              size="icon"
              aria-keyshortcuts="j"
              aria-label={t("requests.next")}
              title={t("requests.next")}
              disabled={!next}
              onClick={next}
            >
              <ChevronDown size={16} aria-hidden />
            </Button>
          </>
        )
      }
    >
      {gone ? (
        <p className="text-muted">{t("requests.gone")}</p>
      ) : (
        <Loaded query={query} lines={10}>
          {(request) => (
            <div
              aria-busy={query.isPlaceholderData || undefined}
              className={cx(query.isPlaceholderData && "opacity-50")}
            >
              <RequestView request={request} />
            </div>
          )}
        </Loaded>
      )}
    </Drawer>
  );
}
