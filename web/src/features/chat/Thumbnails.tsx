import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

interface ThumbnailsProps {
  images: readonly string[];
  onRemove?: (index: number) => void;
}

/** Pictures of a message, small. One from elsewhere is a link: loading it would tell its server. */
export function Thumbnails({ images, onRemove }: ThumbnailsProps) {
  const { t } = useTranslation();
  if (images.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2">
      {images.map((url, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same picture may be there twice
        <li key={index} className="relative">
          {url.startsWith("data:image/") ? (
            <img
              src={url}
              alt={t("chat.image", { number: index + 1 })}
              className="h-20 max-w-40 rounded-md border border-line object-cover"
            />
          ) : (
            <a
              href={/^https?:/.test(url) ? url : undefined}
              target="_blank"
              rel="noreferrer noopener"
              className="text-sm underline underline-offset-2 [overflow-wrap:anywhere]"
            >
              {url.slice(0, 80)}
            </a>
          )}
          {onRemove && (
            <button
              type="button"
              aria-label={t("chat.remove_image", { number: index + 1 })}
              onClick={() => onRemove(index)}
              className="absolute -top-1.5 -right-1.5 grid size-6 place-items-center rounded-full border border-line bg-surface text-ink hover:bg-hover"
            >
              <X size={12} aria-hidden />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
