import { type ClipboardEvent, type DragEvent, useState } from "react";
import { type Refusal, readImages } from "./images";

const filesOf = (data: DataTransfer | null): File[] =>
  [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));

/** The pictures of the message that is being written: pasted, dropped or picked. */
export function useImages(enabled: boolean) {
  const [images, setImages] = useState<string[]>([]);
  const [refused, setRefused] = useState<{ name: string; why: Refusal }[]>([]);
  const add = async (files: readonly File[]) => {
    if (!enabled || files.length === 0) return;
    const read = await readImages(files, images.length);
    setImages((all) => [...all, ...read.images]);
    setRefused(read.refused);
  };
  return {
    images,
    refused,
    add,
    remove: (index: number) => setImages((all) => all.filter((_, place) => place !== index)),
    clear: () => {
      setImages([]);
      setRefused([]);
    },
    handlers: {
      onPaste: (event: ClipboardEvent) => {
        const files = filesOf(event.clipboardData);
        if (!enabled || files.length === 0) return;
        event.preventDefault();
        void add(files);
      },
      onDragOver: (event: DragEvent) => {
        if (enabled && event.dataTransfer.types.includes("Files")) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        if (!enabled || event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        // Also what is no picture, so that the page says why it is not taken.
        void add([...event.dataTransfer.files]);
      },
    },
  };
}
