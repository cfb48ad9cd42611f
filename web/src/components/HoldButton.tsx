import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, type ButtonProps } from "./Button";

/** How long it has to be held. Long enough to think, short enough not to annoy. */
export const HOLD_MS = 1_200;

interface HoldButtonProps extends Pick<ButtonProps, "busy" | "denied" | "disabled" | "size"> {
  children: ReactNode;
  onConfirm: () => void;
}

/**
 * Does what cannot be undone when it is held: with the pointer, or with Space or Enter. Where nothing can be held, as
 * with some screen readers and switches, a second press within a few seconds does the same.
 */
export function HoldButton({ children, onConfirm, busy, denied, disabled, size }: HoldButtonProps) {
  const { t } = useTranslation();
  const hint = useId();
  const [holding, setHolding] = useState(false);
  const [armed, setArmed] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const held = useRef(false);
  const able = !busy && !disabled && denied === undefined;
  useEffect(() => () => clearTimeout(timer.current), []);
  const begin = () => {
    if (!able || holding) return;
    held.current = true;
    setHolding(true);
    timer.current = setTimeout(() => {
      setHolding(false);
      onConfirm();
    }, HOLD_MS);
  };
  const end = () => {
    clearTimeout(timer.current);
    setHolding(false);
  };
  const press = () => {
    // A press that was held, however short, is no press of something that cannot hold.
    if (held.current || !able) {
      held.current = false;
      return;
    }
    if (armed) onConfirm();
    setArmed(!armed);
  };
  const isHold = ({ key }: KeyboardEvent) => key === " " || key === "Enter";
  return (
    <span className="inline-flex flex-col items-end gap-1">
      <Button
        look="danger"
        size={size}
        busy={busy ?? false}
        denied={denied}
        disabled={disabled}
        aria-describedby={hint}
        className="relative overflow-hidden"
        onPointerDown={(event) => event.button === 0 && begin()}
        onPointerUp={end}
        onPointerLeave={end}
        onPointerCancel={end}
        onKeyDown={(event) => {
          if (!isHold(event)) return;
          event.preventDefault();
          if (!event.repeat) begin();
        }}
        onKeyUp={(event) => {
          if (isHold(event)) end();
          held.current = false;
        }}
        onBlur={end}
        onClick={press}
      >
        <span
          aria-hidden
          className="absolute inset-y-0 left-0 bg-ink/25"
          style={{
            width: holding ? "100%" : 0,
            transition: holding ? `width ${HOLD_MS}ms linear` : undefined,
          }}
        />
        <span className="relative">{children}</span>
      </Button>
      <span id={hint} role="status" className="text-muted text-xs">
        {t(armed ? "common.press_again" : holding ? "common.keep_holding" : "common.hold")}
      </span>
    </span>
  );
}
