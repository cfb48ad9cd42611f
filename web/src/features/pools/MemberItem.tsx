import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorLines } from "@/components/ErrorLines";

interface MemberItemProps {
  name: string;
  place: number;
  first: boolean;
  last: boolean;
  /** The rules that it breaks. */
  errors: string[];
  onMove: (step: -1 | 1) => void;
  onRemove: () => void;
}

export function MemberItem({ name, place, first, last, errors, onMove, onRemove }: MemberItemProps) {
  const { t } = useTranslation();
  return (
    <li data-member={name} className="border-line border-b px-2.5 py-1 last:border-b-0">
      <div className="flex items-center gap-2">
        <span className="tabular text-muted">{place}.</span>
        <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{name}</span>
        {/* At an end they stay reachable: a button that vanishes under the focus takes it along. */}
        <Button
          look="quiet"
          size="icon"
          aria-label={t("pools.move_up", { name })}
          aria-disabled={first || undefined}
          onClick={() => !first && onMove(-1)}
        >
          <ArrowUp size={15} aria-hidden />
        </Button>
        <Button
          look="quiet"
          size="icon"
          aria-label={t("pools.move_down", { name })}
          aria-disabled={last || undefined}
          onClick={() => !last && onMove(1)}
        >
          <ArrowDown size={15} aria-hidden />
        </Button>
        <Button look="quiet" size="icon" aria-label={t("pools.take_out", { name })} onClick={onRemove}>
          <X size={15} aria-hidden />
        </Button>
      </div>
      <ErrorLines errors={errors} className="pb-1" />
    </li>
  );
}
