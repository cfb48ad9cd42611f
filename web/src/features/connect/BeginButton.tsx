import type { ReactNode } from "react";
import type { StartLogin } from "@/api/types";
import { Button } from "@/components/Button";
import type { WayProps } from "./Ways";

interface BeginButtonProps extends WayProps {
  method: StartLogin["method"];
  children: ReactNode;
}

/** Begins a sign-in. */
export function BeginButton({ flow, method, disabled, children }: BeginButtonProps) {
  return (
    <div>
      <Button
        look="primary"
        busy={flow.start.isPending}
        disabled={disabled}
        onClick={() => flow.begin(method)}
      >
        {children}
      </Button>
    </div>
  );
}
