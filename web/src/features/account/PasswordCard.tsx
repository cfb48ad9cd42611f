import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Card } from "@/components/Card";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { useChangePassword } from "@/hooks/useAccount";
import { NewPassword, SHORTEST_PASSWORD } from "../session/NewPassword";

const EMPTY = { current: "", next: "" };

export function PasswordCard({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const change = useChangePassword();
  const { draft, guard, set, clear } = useDraft(() => EMPTY, change);
  const wrong = usePlaced(change.error, ["current", "new"]);
  const { current, next } = draft;
  const body = { ...(user.has_password && { current }), new: next };
  return (
    <Card title={t(user.has_password ? "account.change_password" : "account.set_password")}>
      <Form
        className="p-3.5"
        save={change}
        wrong={wrong}
        guard={guard}
        complete={next.length >= SHORTEST_PASSWORD && (!user.has_password || current !== "")}
        onSave={() => change.mutate(body, { onSuccess: clear })}
      >
        {!user.has_password && <p className="text-muted text-sm">{t("account.no_password")}</p>}
        {/* So that a password manager knows whose password it keeps. */}
        <input type="email" autoComplete="username" value={user.email} readOnly hidden />
        {user.has_password && (
          <Field label={t("account.current_password")} errors={wrong.at.current}>
            <Input
              type="password"
              autoComplete="current-password"
              value={current}
              onChange={({ target }) => set({ current: target.value })}
            />
          </Field>
        )}
        <NewPassword value={next} onChange={(text) => set({ next: text })} errors={wrong.at.new} />
        {change.isSuccess && next === "" && <Notice tone="good">{t("account.password_set")}</Notice>}
      </Form>
    </Card>
  );
}
