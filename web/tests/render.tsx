import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { type RenderResult, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { accessAs } from "@/api/permissions";
import type { Role } from "@/api/types";
import { createQueryClient } from "@/hooks/queryClient";
import { AccessContext } from "@/hooks/useMay";

/** Renders inside what every page has around it: the query cache, a router, and who is signed in. */
export async function renderInApp(content: ReactNode, role: Role = "owner"): Promise<RenderResult> {
  const root = createRootRoute({ component: () => <div data-testid="app">{content}</div> });
  const router = createRouter({ routeTree: root, history: createMemoryHistory() });
  const client = createQueryClient();
  const result = render(
    <QueryClientProvider client={client}>
      <AccessContext value={accessAs(role)}>
        <RouterProvider router={router as never} />
      </AccessContext>
    </QueryClientProvider>,
  );
  await screen.findByTestId("app");
  return result;
}
