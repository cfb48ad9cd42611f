import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { useRenameAccount } from "@/hooks/useAccount";

export function ProfileCard({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const [name, setName] = useState(user.display_name ?? "");
  const rename = useRenameAccount();
  const changed = name.trim() !== (user.display_name ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed && !rename.isPending) rename.mutate(name.trim());
  };
  return (
    <Card title={t("account.profile")}>
      <form onSubmit={submit} className="flex flex-col gap-4 p-3.5">
        <Field label={t("sign_in.email")}>
          <Input type="email" readOnly value={user.email} />
        </Field>
        <Field label={t("account.display_name")}>
          <Input
            autoComplete="name"
            value={name}
            onChange={({ target }) => {
              rename.reset();
              setName(target.value);
            }}
          />
        </Field>
        {rename.isError && <ErrorNotice error={rename.error} />}
        {rename.isSuccess && <Notice tone="good">{t("account.saved")}</Notice>}
        <div>
          <Button type="submit" look="primary" busy={rename.isPending} disabled={!changed}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
