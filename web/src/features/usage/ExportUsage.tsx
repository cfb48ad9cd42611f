import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { saveFile } from "@/hooks/saveFile";
import { useExportUsage } from "@/hooks/useUsage";
import type { UsageBy, WhoseSearch } from "@/routes/search";

/** Takes what the table shows away as a file. */
export function ExportUsage({ filters, by }: { filters: WhoseSearch; by: UsageBy }) {
  const { t } = useTranslation();
  const file = useExportUsage(filters);
  const take = () => file.mutate(by, { onSuccess: (content) => saveFile(content, `usage-by-${by}.csv`) });
  return (
    <>
      {file.isError && <ErrorNotice error={file.error} />}
      <Button busy={file.isPending} onClick={take}>
        {!file.isPending && <Download size={14} aria-hidden />}
        {t("usage.export")}
      </Button>
    </>
  );
}
