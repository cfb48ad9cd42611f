import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useTranslation } from "react-i18next";
import { Modal } from "@/components/Modal";
import type { Store } from "@/hooks/store";
import { useAccess } from "@/hooks/useMay";
import { ActionItems } from "./ActionItems";
import { GROUP } from "./Item";
import { AccountItems, AgentItems, KeyItems } from "./NamedItems";
import { PlaceItems } from "./PlaceItems";
import { PreferenceItems } from "./PreferenceItems";
import { SearchLine, WINDOW } from "./SearchLine";
import { score } from "./score";

interface PaletteProps {
  typed: Store<string>;
  returnFocus: () => boolean;
  onClose: () => void;
}

/** Finds any page, account, agent, key or action by a few letters. */
export default function Palette({ typed, returnFocus, onClose }: PaletteProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { permissions } = useAccess();
  const go: typeof navigate = (options) => {
    onClose();
    return navigate(options);
  };
  const run = (action: () => void) => {
    onClose();
    action();
  };
  return (
    <Modal label={t("palette.title")} onClose={onClose} returnTo={returnFocus} className={WINDOW}>
      <Command
        label={t("palette.title")}
        filter={score}
        loop
        className="flex max-h-[min(28rem,80dvh)] flex-col"
      >
        <SearchLine typed={typed} Field={Command.Input} />
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
    </Modal>
  );
}
