import { useTranslation } from "react-i18next";
import type { Obstacle } from "./pools";

/** Why a provider cannot join, in words. */
export function useObstacle(): (obstacle: Obstacle) => string {
  const { t } = useTranslation();
  return (obstacle) =>
    obstacle.kind === "member"
      ? t("pools.cannot.member", { name: obstacle.of })
      : t(`pools.cannot.${obstacle.kind}`);
}
