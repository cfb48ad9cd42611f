import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Emails } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useAcceptInvitation } from "@/hooks/useSession";

interface JoinAsProps {
  token: string;
  email: string;
  onDone: () => void;
}

/** Takes the invitation as who is signed in here. */
export function JoinAs({ token, email, onDone }: JoinAsProps) {
  const { t } = useTranslation();
  const accept = useAcceptInvitation();
  return (
    <div className="flex flex-col gap-3 border-line border-b pb-4">
      {accept.isError && <ErrorNotice error={accept.error} />}
      <Button
        look="primary"
        className="h-9"
        busy={accept.isPending}
        onClick={() => accept.mutate({ token }, { onSuccess: onDone })}
      >
        <Emails text={t("invite.join_as", { email })} />
      </Button>
      <p className="text-muted text-sm">{t("invite.or_new")}</p>
    </div>
  );
}
