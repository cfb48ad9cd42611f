import type { ReactNode } from "react";
import { ErrorNotice } from "./ErrorNotice";
import { Skeleton } from "./Skeleton";

/** What a query and an endless list have in common. */
interface Query<T> {
  data: T | undefined;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
}

interface LoadedProps<T> {
  query: Query<T>;
  lines?: number;
  /** What stands there meanwhile, where lines would not have its size. */
  waiting?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Loading, error and data of one query. Data that is there stays when a refresh fails. */
export function Loaded<T>({ query, lines, waiting, children }: LoadedProps<T>) {
  if (query.data === undefined) {
    if (query.isError)
      return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} className="m-3" />;
    return waiting ?? <Skeleton lines={lines} />;
  }
  return (
    <>
      {query.isError && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} className="m-3" />
      )}
      {children(query.data)}
    </>
  );
}
