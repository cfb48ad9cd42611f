import type { PoolStrategy, Provider } from "./types";

/** Written by hand until the OpenAPI document has these; the types then become names of the generated ones. */

export interface PoolPreview {
  strategy: PoolStrategy;
  current_strategy: PoolStrategy;
  /** How many requests were looked at. */
  requests: number;
  from: string | null;
  to: string | null;
  by_account: { provider_name: string; actual: number; simulated: number }[];
  /** Requests that would have gone to another account. */
  moved: number;
  unserved: number;
  /** Codes of what the answer leaves out. */
  notes: string[];
}

/** Whether the gateway can drain it at all. */
export function canDrain(provider: Provider): boolean {
  return "draining" in provider;
}

/** Whether it takes no new conversations, and finishes those that live on it. */
export function isDraining(provider: Provider): boolean {
  return (provider as Provider & { draining?: boolean }).draining === true;
}
