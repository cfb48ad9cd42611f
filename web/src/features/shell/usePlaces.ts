import { useAccess } from "@/hooks/useMay";
import { PLACES } from "./places";

/** The pages that who is signed in may see, by group. */
export function usePlaces() {
  const { permissions } = useAccess();
  return PLACES.map(({ label, pages }) => ({
    label,
    pages: pages.filter((page) => !("needs" in page) || permissions.has(page.needs)),
  }));
}
