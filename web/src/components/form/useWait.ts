import { useEffect, useState } from "react";
import { ApiError } from "@/api/errors";

/** How many seconds a refusal asks to wait from when it came; counts down to 0. */
export function useWait(error: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const seconds = error instanceof ApiError && error.status === 429 ? (error.retryAfter ?? 0) : 0;
    const end = Date.now() + seconds * 1000;
    setLeft(Math.ceil(seconds));
    if (seconds === 0) return;
    const timer = setInterval(() => {
      const now = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(now);
      if (now === 0) clearInterval(timer);
    }, 1_000);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}
