import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/Dialog";
import { Keys } from "@/components/Keys";
import { type Shortcut, shortcuts } from "@/hooks/shortcuts";
import { useStore } from "@/hooks/store";

const GROUPS = ["everywhere", "list", "go"] as const;

/** Each keys once: two tables of a page have the same. */
function once(all: readonly Shortcut[]): Shortcut[] {
  return [...new Map(all.map((it) => [it.keys, it])).values()];
}

/** All shortcuts that work here. */
export default function HelpSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const all = once(useStore(shortcuts));
  return (
    <Dialog onClose={onClose} title={t("shortcuts.title")} lead={t("shortcuts.lead")}>
      <div className="flex flex-col gap-4">
        {GROUPS.map((group) => {
          const named = all.filter((it) => it.group === group);
          if (named.length === 0) return null;
          return (
            <section key={group}>
              <h3 className="mb-1 font-semibold">{t(`shortcuts.group.${group}`)}</h3>
              <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-2">
                {named.map(({ keys, label }) => (
                  <div key={keys} className="flex items-center justify-between gap-3">
                    <dt>{label}</dt>
                    <dd>
                      <Keys keys={keys} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
