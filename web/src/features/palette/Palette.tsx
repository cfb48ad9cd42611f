import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { Dialog } from "radix-ui";
import { useTranslation } from "react-i18next";
import { useReturnFocus } from "@/components/useReturnFocus";
import { useAccess } from "@/hooks/useMay";
import { ActionItems } from "./ActionItems";
import { GROUP } from "./Item";
import { AccountItems, AgentItems, KeyItems } from "./NamedItems";
import { PlaceItems } from "./PlaceItems";
import { PreferenceItems } from "./PreferenceItems";
import { score } from "./score";

/** Finds any page, account, agent, key or action by a few letters. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { permissions } = useAccess();
  const returnFocus = useReturnFocus();
  const go: typeof navigate = (options) => {
    onClose();
    return navigate(options);
  };
  const run = (action: () => void) => {
    onClose();
    action();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          className="fixed inset-x-2 top-2 z-50 mx-auto max-w-xl rounded-lg border border-line bg-surface text-ink shadow-float focus:outline-none sm:top-[12vh]"
        >
          <Dialog.Title className="sr-only">{t("palette.title")}</Dialog.Title>
          <Command
            label={t("palette.title")}
            filter={score}
            loop
            className="flex max-h-[min(28rem,80dvh)] flex-col"
          >
            <div className="flex items-center gap-2.5 border-line border-b px-3.5">
              <Search size={16} aria-hidden className="shrink-0 text-muted" />
              <Command.Input
                autoFocus
                placeholder={t("palette.placeholder")}
                className="h-11 w-full bg-transparent text-base outline-none"
              />
            </div>
            <Command.List label={t("palette.results")} className="min-h-0 flex-1 overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-6 text-center text-muted">{t("palette.none")}</Command.Empty>
              <Command.Group heading={t("palette.pages")} className={GROUP}>
                <PlaceItems go={go} />
              </Command.Group>
              <Command.Group heading={t("palette.actions")} className={GROUP}>
                <ActionItems go={go} run={run} />
              </Command.Group>
              <Command.Group heading={t("palette.accounts")} className={GROUP}>
                <AccountItems go={go} />
              </Command.Group>
              <Command.Group heading={t("agents.title")} className={GROUP}>
                <AgentItems go={go} />
              </Command.Group>
              {permissions.has("manage_keys") && (
                <Command.Group heading={t("keys.title")} className={GROUP}>
                  <KeyItems go={go} />
                </Command.Group>
              )}
              <Command.Group heading={t("settings.title")} className={GROUP}>
                <PreferenceItems run={run} />
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
