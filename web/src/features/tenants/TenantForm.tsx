import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
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
  const [name, setName] = useState(tenant?.name ?? "");
  // Follows the name until somebody writes one.
  const [written, setWritten] = useState<string | null>(tenant?.slug ?? null);
  const save = useSaveTenant(tenant?.id ?? null);
  const slug = (written ?? slugOf(name)).trim();
  const isTaken = slug !== tenant?.slug && taken.includes(slug);
  const complete = name.trim() !== "" && SLUG.test(slug) && !isTaken;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete && !save.isPending) save.mutate({ name: name.trim(), slug }, { onSuccess: onClose });
  };
  return (
    <Dialog
      onClose={onClose}
      title={tenant ? t("tenants.edit_of", { name: tenant.name }) : t("tenants.create")}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t("tenants.name")}>
          <Input value={name} onChange={({ target }) => setName(target.value)} />
        </Field>
        <Field
          label={t("tenants.slug")}
          hint={t(tenant?.slug === MASTER ? "tenants.slug_fixed" : "tenants.slug_hint")}
          errors={isTaken ? [t("errors.name_taken")] : []}
        >
          <Input
            value={written ?? slug}
            spellCheck={false}
            readOnly={tenant?.slug === MASTER}
            onChange={({ target }) => setWritten(target.value)}
          />
        </Field>
        {save.isError && <ErrorNotice error={save.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" busy={save.isPending} disabled={!complete}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
