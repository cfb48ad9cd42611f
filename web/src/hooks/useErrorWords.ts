import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { ApiError, ConnectionError } from "@/api/errors";
import { signInReason } from "./signInReason";

/** An error in the words of the page, where we have them; otherwise as the gateway said it. */
export function errorWords(t: TFunction, error: unknown): string {
  if (error instanceof ConnectionError) return t("errors.connection");
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case "unauthorized":
      return t("errors.signed_out");
    case "invalid_token":
      return t("errors.invalid_token");
    case "invalid_name":
    case "invalid_slug":
    case "invalid_agent_key":
      return t("errors.invalid_name");
    case "name_taken":
    case "slug_taken":
    case "key_taken":
      return t("errors.name_taken");
    case "forbidden":
      return t("errors.forbidden");
    case "invalid_credentials":
      return t("errors.invalid_credentials");
    case "last_owner":
      return t("errors.last_owner");
    case "wrong_password":
      return t("errors.wrong_password");
    case "wrong_code":
      return t("errors.wrong_code");
    case "invalid_password":
      return t("errors.invalid_password");
    case "invalid_email":
      return t("errors.invalid_email");
    case "other_address":
      return t("errors.other_address");
    case "already_member":
      return t("errors.already_member");
    case "no_access":
      return t("errors.no_access");
    case "invalid_invitation":
      return t("errors.invalid_invitation");
    default: {
      const reason = error.code === null ? null : signInReason(error.code);
      return reason ? t(reason) : error.message;
    }
  }
}

export function useErrorWords(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => errorWords(t, error);
}
