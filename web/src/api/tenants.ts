import type { TenantDetails, TenantInput } from "./access";
import { client, unwrap } from "./client";

export async function fetchTenants(signal?: AbortSignal): Promise<TenantDetails[]> {
  return (await unwrap(client.GET("/v1/tenants", { signal }))).tenants;
}

export function createTenant(body: TenantInput): Promise<TenantDetails> {
  return unwrap(client.POST("/v1/tenants", { body }));
}

export async function updateTenant(id: string, body: TenantInput): Promise<void> {
  await unwrap(client.PUT("/v1/tenants/{id}", { params: { path: { id } }, body }));
}

/** With all that is in it. The gateway wants the slug once more. */
export async function removeTenant(id: string, slug: string): Promise<void> {
  const params = { path: { id }, query: { confirm: slug } };
  await unwrap(client.DELETE("/v1/tenants/{id}", { params }));
}
