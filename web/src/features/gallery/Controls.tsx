import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Checkbox } from "@/components/Checkbox";
import { Field } from "@/components/Field";
import { HoldButton } from "@/components/HoldButton";
import { Input, Select, Textarea } from "@/components/inputs";
import { Keys } from "@/components/Keys";
import { Menu, MenuItem } from "@/components/Menu";
import { Tabs } from "@/components/Tabs";
import { Part, State } from "./State";

const LOOKS = ["primary", "plain", "quiet", "quiet-danger", "danger"] as const;
const ignore = () => {};

/** What is pressed and filled in. */
export function Controls() {
  const { t } = useTranslation();
  return (
    <>
      <Part name="Button">
        {LOOKS.map((look) => (
          <State key={look} of="normal">
            <Button look={look}>{t("common.save")}</Button>
          </State>
        ))}
        <State of="focus">
          <Button>{t("common.save")}</Button>
        </State>
        <State of="disabled">
          <Button disabled>{t("common.save")}</Button>
        </State>
        <State of="denied">
          <Button denied={t("errors.forbidden")}>{t("common.save")}</Button>
        </State>
        <State of="loading">
          <Button busy>{t("common.save")}</Button>
        </State>
      </Part>
      <Part name="HoldButton">
        <State of="normal">
          <HoldButton onConfirm={ignore}>{t("common.delete")}</HoldButton>
        </State>
        <State of="disabled">
          <HoldButton disabled onConfirm={ignore}>
            {t("common.delete")}
          </HoldButton>
        </State>
        <State of="loading">
          <HoldButton busy onConfirm={ignore}>
            {t("common.delete")}
          </HoldButton>
        </State>
      </Part>
      <Part name="Field">
        <State of="normal">
          <Field label={t("keys.name")} hint={t("keys.name_hint")}>
            <Input defaultValue="ci" />
          </Field>
        </State>
        <State of="focus">
          <Input aria-label={t("keys.name")} defaultValue="ci" />
        </State>
        <State of="empty">
          <Field label={t("keys.name")}>
            <Input placeholder="ci" />
          </Field>
        </State>
        <State of="error">
          <Field label={t("keys.name")} errors={[t("errors.name_taken")]}>
            <Input defaultValue="ci" />
          </Field>
        </State>
        <State of="disabled">
          <Field label={t("keys.name")}>
            <Input disabled defaultValue="ci" />
          </Field>
        </State>
      </Part>
      <Part name="Select, Textarea, Checkbox">
        <State of="normal">
          <Select aria-label={t("shell.theme")}>
            <option>{t("shell.theme_light")}</option>
          </Select>
        </State>
        <State of="disabled">
          <Select disabled aria-label={t("shell.theme")}>
            <option>{t("shell.theme_light")}</option>
          </Select>
        </State>
        <State of="normal">
          <Textarea rows={2} aria-label={t("agents.system_prompt")} />
        </State>
        <State of="normal">
          <Checkbox defaultChecked label={t("agents.active")} hint={t("agents.active_hint")} />
        </State>
        <State of="disabled">
          <Checkbox disabled label={t("agents.active")} />
        </State>
      </Part>
      <Part name="Tabs, Menu, Keys">
        <State of="normal">
          <Tabs
            label={t("gallery.title")}
            tabs={["curl", "Python"].map((value) => ({ value, label: value, content: value }))}
          />
        </State>
        <State of="normal">
          <Menu trigger={<Button>{t("common.actions")}</Button>}>
            <MenuItem onSelect={ignore}>{t("common.edit")}</MenuItem>
          </Menu>
        </State>
        <State of="normal">
          <Keys keys="mod+k" />
        </State>
      </Part>
    </>
  );
}
