import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";
import { MOST_BYTES, MOST_IMAGES, type Refusal } from "./images";

/** Why a picture is not in the message. */
export function ImageRefusals({ refused }: { refused: { name: string; why: Refusal }[] }) {
  const { t } = useTranslation();
  const words = ({ name, why }: { name: string; why: Refusal }) => {
    if (why === "type") return t("chat.image_refused.type", { name });
    if (why === "size") return t("chat.image_refused.size", { name, limit: MOST_BYTES >> 20 });
    return t("chat.image_refused.count", { name, limit: MOST_IMAGES });
  };
  if (refused.length === 0) return null;
  return (
    <Notice tone="warn">
      {refused.map((it, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
        <p key={index}>{words(it)}</p>
      ))}
    </Notice>
  );
}
