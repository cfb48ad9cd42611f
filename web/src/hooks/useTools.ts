import { useQuery } from "@tanstack/react-query";
import { fetchTools } from "@/api/tools";
import { keys } from "./keys";

export function useTools() {
  return useQuery({ queryKey: keys.tools, queryFn: ({ signal }) => fetchTools(signal), staleTime: 15_000 });
}
