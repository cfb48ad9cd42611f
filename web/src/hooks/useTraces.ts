import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { fetchTraces } from "@/api/traces";
import { keys } from "./keys";

const REFRESH_MS = 15_000;

export function useTraces(limit: number) {
  return useQuery({
    queryKey: keys.traces(limit),
    queryFn: ({ signal }) => fetchTraces(limit, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}
