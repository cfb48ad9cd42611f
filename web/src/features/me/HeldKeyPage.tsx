import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { Button, buttonClass } from "@/components/Button";
import { Loaded } from "@/components/Loaded";
import { holdKey, readHeldKey } from "@/hooks/heldKey";
import { keys } from "@/hooks/keys";
import { useMe } from "@/hooks/useMe";
import { Door } from "../session/Door";
import { KeyEntry } from "./KeyEntry";
import { MeView } from "./MeView";

/** For who holds a key and is no user: its own use, limits and next resets. */
export function HeldKeyPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [key, setKey] = useState(readHeldKey);
  const me = useMe(key, key !== null);
  const refused = me.error instanceof ApiError && me.error.status === 401;
  const hold = (next: string | null) => {
    holdKey(next);
    setKey(next);
    queries.removeQueries({ queryKey: keys.me });
  };
  const asking = key === null || refused;
  return (
    <Door wide={!asking}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 tabIndex={-1} className="font-semibold text-xl tracking-tight">
          {t("me.title")}
        </h1>
        {!asking && <Button onClick={() => hold(null)}>{t("me.forget")}</Button>}
      </div>
      {asking ? (
        <>
          <p className="text-muted">{t("me.lead")}</p>
          <KeyEntry refused={refused} onKey={hold} />
          <Link to="/" className={`${buttonClass("quiet", "sm")} -ml-2 self-start`}>
            {t("invite.to_sign_in")}
          </Link>
        </>
      ) : (
        <Loaded query={me}>{(data) => <MeView me={data} />}</Loaded>
      )}
    </Door>
  );
}
