import { useTranslation } from "react-i18next";

const KNOWN = [
  "fewer_requests",
  "own_routing_left_out",
  "members_changed",
  "conversations_unknown",
  "quota_unknown",
] as const;

/** What a preview leaves out, in the words of the page; a code of a newer gateway stands as it came. */
export function useNoteWords(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => {
    const known = KNOWN.find((it) => it === code);
    return known ? t(`pools.preview.note.${known}`) : code;
  };
}
