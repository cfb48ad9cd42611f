import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import type { RangeSearch } from "@/hooks/timeRange";
import { fromLocalInput, toLocalInput } from "./localTime";

interface RangeFormProps {
  from: string | undefined;
  to: string | undefined;
  onChange: (range: RangeSearch) => void;
}

/** From when and until when, in the viewer's own time. */
export function RangeForm({ from, to, onChange }: RangeFormProps) {
  const { t } = useTranslation();
  const [begin, setBegin] = useState(toLocalInput(from));
  const [end, setEnd] = useState(toLocalInput(to));
  const next = { from: fromLocalInput(begin), to: fromLocalInput(end) };
  const backwards = next.from !== undefined && next.to !== undefined && next.from >= next.to;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!backwards) onChange(next);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 p-3">
      <Field label={t("requests.from")}>
        <Input type="datetime-local" value={begin} onChange={({ target }) => setBegin(target.value)} />
      </Field>
      <Field label={t("requests.to")} errors={backwards ? [t("range.backwards")] : []}>
        <Input type="datetime-local" value={end} onChange={({ target }) => setEnd(target.value)} />
      </Field>
      <p className="text-muted text-xs">
        {t("range.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
      </p>
      <Button type="submit" look="primary" disabled={backwards || (!next.from && !next.to)}>
        {t("range.apply")}
      </Button>
    </form>
  );
}
