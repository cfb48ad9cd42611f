import { useQuery } from "@tanstack/react-query";
import { fetchOverview } from "@/api/overview";
import { keys } from "./keys";
import { pollInterval } from "./live";

export function useOverview() {
  return useQuery({
    queryKey: keys.overview,
    queryFn: ({ signal }) => fetchOverview(signal),
    refetchInterval: pollInterval,
  });
}
