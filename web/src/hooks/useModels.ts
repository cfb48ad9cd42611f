import { useQuery } from "@tanstack/react-query";
import { fetchModels } from "@/api/models";
import { keys } from "./keys";

export function useModels() {
  return useQuery({
    queryKey: keys.models,
    queryFn: ({ signal }) => fetchModels(signal),
    staleTime: 30_000,
  });
}
