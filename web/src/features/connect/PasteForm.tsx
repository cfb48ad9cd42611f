import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { Input } from "@/components/inputs";
import { Rich } from "@/components/Rich";
import { callbackOf } from "./flow";
import type { LoginFlow } from "./useLoginFlow";

/** Takes the address of the page that could not load after signing in. */
export function PasteForm({ flow }: { flow: LoginFlow }) {
  const { t } = useTranslation();
  const callback = callbackOf(flow.flow);
  const [url, setUrl] = useState("");
  return (
    <Form
      save={flow.finish}
      complete={url.trim() !== ""}
      action={t("connect.finish")}
      onSave={() => flow.paste(url.trim())}
    >
      <Field
        label={t("connect.redirect_url")}
        hint={<Rich text={t("connect.redirect_hint", { url: callback.href })} />}
      >
        <Input
          name="redirect_url"
          value={url}
          spellCheck={false}
          autoComplete="off"
          placeholder={`${callback.href}?code=…&state=…`}
          className="font-mono text-xs!"
          onChange={(event) => setUrl(event.target.value)}
        />
      </Field>
    </Form>
  );
}
