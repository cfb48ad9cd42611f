import { useTranslation } from "react-i18next";
import type { Key } from "@/api/access";
import { useFormat } from "@/i18n/format";
import { LISTS } from "./keyDraft";

/** What the key is confined to; nothing when it may reach everything. */
export function Allowed({ apiKey }: { apiKey: Pick<Key, "models" | "agents" | "providers"> }) {
  const { t } = useTranslation();
  const format = useFormat();
  return LISTS.map((list) => {
    const names = apiKey[list];
    if (names === null) return null;
    return (
      <p key={list} className="max-w-56 text-muted text-xs [overflow-wrap:anywhere]">
        {t("keys.only", { list: t(`keys.list.${list}`), names: format.list(names) })}
      </p>
    );
  });
}
