import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { Rich } from "@/components/Rich";
import type { LoginFlow } from "./useLoginFlow";

/** Takes the address of the page that could not load after signing in. */
export function PasteForm({ flow }: { flow: LoginFlow }) {
  const { t } = useTranslation();
  const [url, setUrl] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (url.trim() && !flow.finish.isPending) flow.paste(url.trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("connect.redirect_url")} hint={<Rich text={t("connect.redirect_hint")} />}>
        <Input
          name="redirect_url"
          value={url}
          spellCheck={false}
          autoComplete="off"
          placeholder="http://localhost:1455/auth/callback?code=…&state=…"
          className="font-mono text-xs!"
          onChange={(event) => setUrl(event.target.value)}
        />
      </Field>
      {flow.finish.isError && <ErrorNotice error={flow.finish.error} />}
      <div>
        <Button type="submit" look="primary" busy={flow.finish.isPending} disabled={url.trim() === ""}>
          {t("connect.finish")}
        </Button>
      </div>
    </form>
  );
}
