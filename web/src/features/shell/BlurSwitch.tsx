import { useTranslation } from "react-i18next";
import { Checkbox } from "@/components/Checkbox";
import { setBlur, useBlur } from "@/hooks/useBlur";

export function BlurSwitch() {
  const { t } = useTranslation();
  const on = useBlur();
  return (
    <Checkbox
      label={t("shell.blur")}
      hint={t("shell.blur_hint")}
      checked={on}
      onChange={({ target }) => setBlur(target.checked)}
    />
  );
}
