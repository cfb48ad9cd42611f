import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/access";
import { atLeast, ROLES } from "@/api/permissions";
import { Select } from "@/components/inputs";
import { useAccess } from "@/hooks/useMay";

interface RoleSelectProps extends Omit<ComponentProps<"select">, "onChange" | "value"> {
  value: Role;
  onChange: (role: Role) => void;
  /** The highest that can be had at all. */
  most?: Role;
}

/** A role, none above one's own: nobody can give away what they don't have. */
export function RoleSelect({ value, onChange, most = "owner", ...rest }: RoleSelectProps) {
  const { t } = useTranslation();
  const { role: own } = useAccess();
  return (
    <Select
      value={value}
      onChange={({ target }) => onChange(ROLES.find((role) => role === target.value) ?? value)}
      {...rest}
    >
      {ROLES.filter((role) => role === value || atLeast(most, role)).map((role) => (
        <option key={role} value={role} disabled={role !== value && !atLeast(own, role)}>
          {t(`settings.roles.${role}`)}
        </option>
      ))}
    </Select>
  );
}
