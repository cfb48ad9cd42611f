import { useQuery } from "@tanstack/react-query";
import { fetchOverview } from "@/api/overview";
import { keys } from "./keys";

const REFRESH_MS = 10_000;

export function useOverview() {
  return useQuery({
    queryKey: keys.overview,
    queryFn: ({ signal }) => fetchOverview(signal),
    refetchInterval: REFRESH_MS,
  });
}
