import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { useChangePassword } from "@/hooks/useAccount";
import { NewPassword, SHORTEST_PASSWORD } from "../session/NewPassword";
import { Refusal } from "../session/Refusal";
import { useWait } from "../session/useWait";

export function PasswordCard({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useChangePassword();
  const wait = useWait(change.error);
  const complete = next.length >= SHORTEST_PASSWORD && (!user.has_password || current !== "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!complete || change.isPending || wait > 0) return;
    const body = { ...(user.has_password && { current }), new: next };
    change.mutate(body, {
      onSuccess: () => {
        setCurrent("");
        setNext("");
      },
    });
  };
  return (
    <Card title={t(user.has_password ? "account.change_password" : "account.set_password")}>
      <form onSubmit={submit} className="flex flex-col gap-4 p-3.5">
        {!user.has_password && <p className="text-muted text-sm">{t("account.no_password")}</p>}
        {/* So that a password manager knows whose password it keeps. */}
        <input type="email" autoComplete="username" value={user.email} readOnly hidden />
        {user.has_password && (
          <Field label={t("account.current_password")}>
            <Input
              type="password"
              autoComplete="current-password"
              value={current}
              onChange={({ target }) => setCurrent(target.value)}
            />
          </Field>
        )}
        <NewPassword value={next} onChange={setNext} />
        <Refusal error={change.error} wait={wait} />
        {change.isSuccess && next === "" && <Notice tone="good">{t("account.password_set")}</Notice>}
        <div>
          <Button type="submit" look="primary" busy={change.isPending} disabled={!complete || wait > 0}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
