import type { CreateProvider, Provider, ProviderType, UpdateProvider } from "@/api/types";
import { COMPATIBLE_TYPE } from "./kinds";

export interface Draft {
  type: string;
  name: string;
  displayName: string;
  apiBase: string;
  /** Empty keeps the stored key. */
  apiKey: string;
}

export function draftOf(provider: Provider | null, types: ProviderType[]): Draft {
  const type = types.find((it) => it.type === COMPATIBLE_TYPE) ?? types[0];
  return {
    type: provider?.provider_type ?? type?.type ?? COMPATIBLE_TYPE,
    name: provider?.name ?? "",
    displayName: provider?.display_name ?? "",
    apiBase: provider?.api_base ?? type?.default_api_base ?? "",
    apiKey: "",
  };
}

const orNull = (text: string) => text.trim() || null;

export function toCreate(draft: Draft): CreateProvider {
  return {
    name: draft.name.trim(),
    provider_type: draft.type,
    display_name: orNull(draft.displayName),
    api_base: orNull(draft.apiBase),
    ...(draft.apiKey && { api_key: draft.apiKey.trim() }),
    enabled: true,
  };
}

export function toUpdate(draft: Draft): UpdateProvider {
  return {
    display_name: orNull(draft.displayName),
    api_base: orNull(draft.apiBase),
    ...(draft.apiKey && { api_key: draft.apiKey.trim() }),
  };
}
