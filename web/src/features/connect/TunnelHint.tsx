import { useTranslation } from "react-i18next";
import { CodeBlock } from "@/components/CodeBlock";
import { tunnelCommand } from "./tunnel";

/** How the browser of one computer reaches the sign-in listener of another. */
export function TunnelHint({ port }: { port: string }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-2">
      <p className="text-muted text-sm">{t("connect.tunnel", { port })}</p>
      <CodeBlock code={tunnelCommand(window.location.hostname, port)} label={t("connect.tunnel_label")} />
    </div>
  );
}
