import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input, Select } from "@/components/inputs";
import { ShownOnce } from "@/components/ShownOnce";
import { SLUG } from "@/components/slug";
import { useInvite } from "@/hooks/useInvitations";
import { RoleSelect } from "../access/RoleSelect";
import { HOURS, inviteDraft, toInvitation } from "./inviteDraft";

interface InviteDialogProps {
  providers: Provider[];
  onClose: () => void;
}

/** Makes a link for one person: to become a member, or to connect their own account. */
export function InviteDialog({ providers, onClose }: InviteDialogProps) {
  const { t } = useTranslation();
  const invite = useInvite();
  return (
    <Dialog onClose={onClose} title={t("users.invite")} lead={t("users.invite_lead")}>
      {invite.data ? (
        <div className="flex flex-col gap-4">
          <ShownOnce label={t("users.link")} value={invite.data.url} hint={t("users.link_once")} />
          <div className="flex justify-end">
            <Button look="primary" onClick={onClose}>
              {t("common.close")}
            </Button>
          </div>
        </div>
      ) : (
        <InviteForm invite={invite} providers={providers} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface InviteFormProps extends InviteDialogProps {
  invite: ReturnType<typeof useInvite>;
}

function InviteForm({ invite, providers, onClose }: InviteFormProps) {
  const { t } = useTranslation();
  const { draft, guard, set, saved } = useDraft(inviteDraft, invite);
  const connects = draft.kind === "connect";
  const names = providers.filter((it) => it.provider_type === "chatgpt_oauth").map(({ name }) => name);
  const provider = draft.provider.trim();
  const foreign = connects && providers.some(({ name }) => name === provider) && !names.includes(provider);
  const complete = !connects || (SLUG.test(provider) && !foreign);
  const wrong = usePlaced(invite.error, ["email", "role", "provider_name"]);
  return (
    <Form
      save={invite}
      wrong={wrong}
      guard={guard}
      complete={complete}
      action={t("users.make_link")}
      onSave={() => invite.mutate(toInvitation(draft), { onSuccess: saved })}
      onClose={onClose}
    >
      <Field label={t("users.kind_label")} hint={t(`users.kind_hint.${draft.kind}`)}>
        <Select
          value={draft.kind}
          onChange={({ target }) => set({ kind: target.value === "connect" ? "connect" : "member" })}
        >
          <option value="member">{t("users.kind.member")}</option>
          <option value="connect">{t("users.kind.connect")}</option>
        </Select>
      </Field>
      {connects ? (
        <Field
          label={t("users.provider")}
          hint={t("users.provider_hint")}
          errors={foreign ? [t("errors.name_taken")] : wrong.at.provider_name}
        >
          <Input
            list="invite-providers"
            spellCheck={false}
            autoComplete="off"
            value={draft.provider}
            onChange={({ target }) => set({ provider: target.value })}
          />
        </Field>
      ) : (
        <>
          <Field label={t("sign_in.email")} hint={t("users.email_hint")} errors={wrong.at.email}>
            <Input
              type="email"
              autoComplete="off"
              value={draft.email}
              onChange={({ target }) => set({ email: target.value })}
            />
          </Field>
          <Field label={t("settings.role")} hint={t(`users.role_hint.${draft.role}`)} errors={wrong.at.role}>
            <RoleSelect value={draft.role} onChange={(role) => set({ role })} />
          </Field>
        </>
      )}
      <datalist id="invite-providers">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Field label={t("users.valid")}>
        <Select value={draft.hours} onChange={({ target }) => set({ hours: Number(target.value) })}>
          {HOURS.map((hours) => (
            <option key={hours} value={hours}>
              {hours < 72 ? t("users.hours", { count: hours }) : t("users.days", { count: hours / 24 })}
            </option>
          ))}
        </Select>
      </Field>
    </Form>
  );
}
