import { ExternalLink } from "lucide-react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";

/** The provider's page, as a link that works also where the new tab was blocked or belongs in another browser. */
export function SignInLink({ url }: { url: string }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap items-center gap-2">
      <a href={url} target="_blank" rel="noreferrer noopener" className={buttonClass()}>
        <ExternalLink size={14} aria-hidden />
        {t("connect.open_page")}
      </a>
      <CopyButton text={url} what={t("connect.page_address")} />
    </div>
  );
}
