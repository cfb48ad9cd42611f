import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";
import { PageHeader } from "@/components/PageHeader";
import { Rich } from "@/components/Rich";
import { PasswordCard } from "@/features/account/PasswordCard";
import { ProfileCard } from "@/features/account/ProfileCard";
import { SessionsCard } from "@/features/account/SessionsCard";
import { TotpCard } from "@/features/account/TotpCard";
import { WaysCard } from "@/features/account/WaysCard";
import { useSession } from "@/hooks/useSession";

export default function AccountPage() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  const user = session?.user;
  return (
    <>
      <PageHeader title={t("account.title")} lead={t("account.lead")} />
      {session && !user && (
        <Notice tone="idle">
          <Rich text={t("account.by_token")} />
        </Notice>
      )}
      {session && (
        <div className="mt-4 grid items-start gap-4 lg:grid-cols-2">
          {user && (
            <>
              <ProfileCard user={user} />
              {/* Who comes by an issuer alone has neither; the issuer asks for what it wants. */}
              {(user.has_password || !user.is_managed) && (
                <>
                  <PasswordCard user={user} />
                  <TotpCard user={user} />
                </>
              )}
              <WaysCard user={user} />
            </>
          )}
          <div className="lg:col-span-2">
            <SessionsCard />
          </div>
        </div>
      )}
    </>
  );
}
