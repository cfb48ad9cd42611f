import { useTranslation } from "react-i18next";
import type { SessionUser } from "@/api/access";
import { Card } from "@/components/Card";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { useRenameAccount } from "@/hooks/useAccount";

export function ProfileCard({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const rename = useRenameAccount();
  const { draft, guard, set, saved } = useDraft(() => ({ name: user.display_name ?? "" }), rename);
  const name = draft.name.trim();
  const wrong = usePlaced(rename.error, ["display_name"]);
  return (
    <Card title={t("account.profile")}>
      <Form
        className="p-3.5"
        save={rename}
        wrong={wrong}
        guard={guard}
        complete={name !== (user.display_name ?? "")}
        onSave={() => rename.mutate(name, { onSuccess: saved })}
      >
        <Field label={t("sign_in.email")}>
          <Input type="email" className="email" readOnly value={user.email} />
        </Field>
        <Field label={t("account.display_name")} errors={wrong.at.display_name}>
          <Input
            autoComplete="name"
            value={draft.name}
            onChange={({ target }) => set({ name: target.value })}
          />
        </Field>
        {rename.isSuccess && <Notice tone="good">{t("account.saved")}</Notice>}
      </Form>
    </Card>
  );
}
