import { Link } from "@tanstack/react-router";
import { BookmarkPlus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { cx } from "@/components/cx";
import { removeView, useSavedViews } from "@/hooks/requestViews";
import type { RequestsSearch } from "@/routes/search";
import { SaveViewDialog } from "./SaveViewDialog";
import { isNarrowed, isSameView, READY_MADE } from "./views";

interface ViewProps {
  name: string;
  search: RequestsSearch;
  current: boolean;
  onRemove?: () => void;
}

function View({ name, search, current, onRemove }: ViewProps) {
  const { t } = useTranslation();
  return (
    <li
      className={cx(
        "flex max-w-60 shrink-0 items-center rounded-md border text-sm",
        current ? "border-transparent bg-accent-soft font-medium text-ink" : "border-line text-muted",
      )}
    >
      <Link
        to="/requests"
        search={search}
        // Radix and the router both say which is current; the address alone says more than the filters.
        activeProps={{}}
        aria-current={current ? "true" : undefined}
        className="truncate rounded-md px-2.5 py-1 hover:text-ink"
      >
        {name}
      </Link>
      {onRemove && (
        <button
          type="button"
          aria-label={t("requests.views.remove", { name })}
          onClick={onRemove}
          className="mr-0.5 grid size-6 shrink-0 place-items-center rounded-sm text-muted hover:text-ink"
        >
          <X size={12} aria-hidden />
        </button>
      )}
    </li>
  );
}

/** Named filters: the ready-made ones, and those that this browser keeps. */
export function Views({ filters }: { filters: RequestsSearch }) {
  const { t } = useTranslation();
  const saved = useSavedViews();
  const [naming, setNaming] = useState(false);
  const known = [...READY_MADE, ...saved].some(({ search }) => isSameView(search, filters));
  return (
    <nav
      aria-label={t("requests.views.label")}
      className="mb-3 flex items-center gap-2 overflow-x-auto p-0.5"
    >
      <ul className="flex gap-1.5">
        {READY_MADE.map(({ id, search }) => (
          <View
            key={id}
            name={t(`requests.views.${id}`)}
            search={search}
            current={isSameView(search, filters)}
          />
        ))}
        {saved.map(({ name, search }) => (
          <View
            key={name}
            name={name}
            search={search}
            current={isSameView(search, filters)}
            onRemove={() => removeView(name)}
          />
        ))}
      </ul>
      {isNarrowed(filters) && !known && (
        <Button size="sm" look="quiet" onClick={() => setNaming(true)}>
          <BookmarkPlus size={14} aria-hidden />
          {t("requests.views.save")}
        </Button>
      )}
      {naming && <SaveViewDialog search={filters} onClose={() => setNaming(false)} />}
    </nav>
  );
}
