import { useTranslation } from "react-i18next";
import { PageHeader } from "@/components/PageHeader";
import { Controls } from "@/features/gallery/Controls";
import { Tables } from "@/features/gallery/Tables";
import { Words } from "@/features/gallery/Words";
import { ThemeSwitch } from "@/features/shell/ThemeSwitch";

/** For who builds these pages, and for the tests that photograph it. It is in no menu. */
export default function GalleryPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader
        title={t("gallery.title")}
        lead={t("gallery.lead")}
        actions={
          <div className="w-36">
            <ThemeSwitch />
          </div>
        }
      />
      <div className="flex flex-col gap-4">
        <Controls />
        <Words />
        <Tables />
      </div>
    </>
  );
}
