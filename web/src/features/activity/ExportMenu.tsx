import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ActivityFormat } from "@/api/activity";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Menu, MenuItem } from "@/components/Menu";
import { saveFile } from "@/hooks/saveFile";
import { useExportActivity } from "@/hooks/useActivity";
import type { ActivitySearch } from "@/routes/search";

/** Takes what the filters show away as a file. */
export function ExportMenu({ filters }: { filters: ActivitySearch }) {
  const { t } = useTranslation();
  const file = useExportActivity(filters);
  const take = (format: ActivityFormat) =>
    file.mutate(format, { onSuccess: (content) => saveFile(content, `activity.${format}`) });
  return (
    <>
      {file.isError && <ErrorNotice error={file.error} />}
      <Menu
        trigger={
          <Button busy={file.isPending}>
            {!file.isPending && <Download size={14} aria-hidden />}
            {t("activity.export")}
          </Button>
        }
      >
        <MenuItem onSelect={() => take("jsonl")}>{t("activity.as_jsonl")}</MenuItem>
        <MenuItem onSelect={() => take("csv")}>{t("activity.as_csv")}</MenuItem>
      </Menu>
    </>
  );
}
