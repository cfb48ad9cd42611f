import { useQuery } from "@tanstack/react-query";
import { fetchCapacity } from "@/api/overview";
import { keys } from "./keys";
import { pollInterval } from "./live";

/** What all accounts have left together. */
export function useCapacity() {
  return useQuery({
    queryKey: keys.capacity,
    queryFn: ({ signal }) => fetchCapacity(signal),
    refetchInterval: pollInterval,
  });
}
