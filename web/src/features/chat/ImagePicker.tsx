import { ImagePlus } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { IMAGE_TYPES } from "./images";

interface ImagePickerProps {
  denied?: string | undefined;
  onPick: (files: File[]) => void;
}

export function ImagePicker({ denied, onPick }: ImagePickerProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={IMAGE_TYPES.join(",")}
        multiple
        hidden
        data-testid="image-input"
        onChange={({ target }) => {
          onPick([...(target.files ?? [])]);
          // The same file can be picked again.
          target.value = "";
        }}
      />
      <Button
        look="quiet"
        size="icon"
        denied={denied}
        aria-label={t("chat.add_image")}
        title={denied ?? t("chat.add_image")}
        onClick={() => input.current?.click()}
      >
        <ImagePlus size={17} aria-hidden />
      </Button>
    </>
  );
}
