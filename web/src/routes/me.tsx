import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { HeldKeyPage } from "@/features/me/HeldKeyPage";
import { MeView } from "@/features/me/MeView";
import { useMe } from "@/hooks/useMe";
import { useSession } from "@/hooks/useSession";

export default function MeRoute() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  useEffect(() => {
    document.title = `${t("me.title")} · gateway`;
  }, [t]);
  return session ? <OwnUse /> : <HeldKeyPage />;
}

function OwnUse() {
  const { t } = useTranslation();
  const me = useMe(null);
  return (
    <>
      <PageHeader title={t("me.title")} lead={t("me.lead_user")} />
      <Loaded query={me}>{(data) => <MeView me={data} />}</Loaded>
    </>
  );
}
