import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
import { Input } from "@/components/inputs";
import { SLUG } from "@/components/slug";
import { useSaveTenant } from "@/hooks/useTenants";
import { MASTER } from "./master";
import { slugOf } from "./slugOf";

interface TenantFormProps {
  /** `null` makes one. */
  tenant: TenantDetails | null;
  taken: string[];
  onClose: () => void;
}

export function TenantForm({ tenant, taken, onClose }: TenantFormProps) {
  const { t } = useTranslation();
  const save = useSaveTenant(tenant?.id ?? null);
  const { draft, guard, set, saved } = useDraft(
    // The slug follows the name until somebody writes one.
    () => ({ name: tenant?.name ?? "", written: tenant?.slug ?? null }),
    save,
  );
  const name = draft.name.trim();
  const slug = (draft.written ?? slugOf(name)).trim();
  const isTaken = slug !== tenant?.slug && taken.includes(slug);
  const wrong = usePlaced(save.error, ["name", "slug"]);
  const done = () => {
    saved();
    onClose();
  };
  return (
    <Dialog
      onClose={onClose}
      title={tenant ? t("tenants.edit_of", { name: tenant.name }) : t("tenants.create")}
    >
      <Form
        save={save}
        wrong={wrong}
        guard={guard}
        complete={name !== "" && SLUG.test(slug) && !isTaken}
        onSave={() => save.mutate({ name, slug }, { onSuccess: done })}
        onClose={onClose}
      >
        <Field label={t("tenants.name")} errors={wrong.at.name}>
          <Input value={draft.name} onChange={({ target }) => set({ name: target.value })} />
        </Field>
        <Field
          label={t("tenants.slug")}
          hint={t(tenant?.slug === MASTER ? "tenants.slug_fixed" : "tenants.slug_hint")}
          errors={isTaken ? [t("errors.name_taken")] : wrong.at.slug}
        >
          <Input
            value={draft.written ?? slug}
            spellCheck={false}
            readOnly={tenant?.slug === MASTER}
            onChange={({ target }) => set({ written: target.value })}
          />
        </Field>
      </Form>
    </Dialog>
  );
}
