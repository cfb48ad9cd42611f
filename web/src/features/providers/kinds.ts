import type { Provider } from "@/api/types";

export const SIGN_IN_TYPE = "chatgpt_oauth";
export const COMPATIBLE_TYPE = "openai_compat";

/** Whether the account is connected by signing in, not by a key. */
export function usesSignIn({ provider_type }: Pick<Provider, "provider_type">): boolean {
  return provider_type === SIGN_IN_TYPE;
}
