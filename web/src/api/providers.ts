import { client, unwrap } from "./client";
import type {
  CreateProvider,
  Provider,
  ProviderModel,
  ProviderType,
  UpdateProvider,
  VerifyResult,
} from "./types";

const at = (id: string) => ({ params: { path: { id } } });

export async function fetchProviders(signal?: AbortSignal): Promise<Provider[]> {
  return (await unwrap(client.GET("/v1/providers", { signal }))).providers;
}

export async function fetchProviderTypes(signal?: AbortSignal): Promise<ProviderType[]> {
  return (await unwrap(client.GET("/v1/provider-types", { signal }))).types;
}

export async function fetchProviderModels(id: string, signal?: AbortSignal): Promise<ProviderModel[]> {
  return (await unwrap(client.GET("/v1/providers/{id}/models", { ...at(id), signal }))).models;
}

export function createProvider(body: CreateProvider): Promise<Provider> {
  return unwrap(client.POST("/v1/providers", { body }));
}

export async function updateProvider(id: string, body: UpdateProvider): Promise<void> {
  await unwrap(client.PUT("/v1/providers/{id}", { ...at(id), body }));
}

/** `detach` takes it out of the pools and agents that use it first; else they are a reason to refuse. */
export async function removeProvider(id: string, detach: boolean): Promise<void> {
  const params = { path: { id }, ...(detach && { query: { detach } }) };
  await unwrap(client.DELETE("/v1/providers/{id}", { params }));
}

/** Lifts what is held against it, and has its quota asked for. */
export async function releaseProvider(id: string): Promise<void> {
  await unwrap(client.POST("/v1/providers/{id}/release", at(id)));
}

export function verifyProvider(id: string): Promise<VerifyResult> {
  return unwrap(client.POST("/v1/providers/{id}/verify", { ...at(id), body: {} }));
}
