import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { type RenderResult, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { createQueryClient } from "@/hooks/queryClient";

/** Renders inside what every page has around it: the query cache and a router. */
export async function renderInApp(content: ReactNode): Promise<RenderResult> {
  const root = createRootRoute({ component: () => <div data-testid="app">{content}</div> });
  const router = createRouter({ routeTree: root, history: createMemoryHistory() });
  const client = createQueryClient();
  const result = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await screen.findByTestId("app");
  return result;
}
