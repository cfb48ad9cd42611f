import { useTranslation } from "react-i18next";
import { Button } from "./Button";

/** What an endless list has of a list by pages. */
export interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Fetches the next page, and says when there is none. */
export function MoreRows({ query }: { query: Pages }) {
  const { t } = useTranslation();
  return (
    <div className="border-line border-t px-3.5 py-2 text-center">
      {query.hasNextPage ? (
        <Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("requests.more")}
        </Button>
      ) : (
        <p className="text-muted text-sm">{t("requests.no_more")}</p>
      )}
    </div>
  );
}
