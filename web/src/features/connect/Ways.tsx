import { useTranslation } from "react-i18next";
import { type Tab, Tabs } from "@/components/Tabs";
import { WAYS, type Way } from "@/routes/search";
import { BrowserWay } from "./BrowserWay";
import { DeviceWay } from "./DeviceWay";
import { ImportWay } from "./ImportWay";
import { PasteWay } from "./PasteWay";
import type { LoginFlow } from "./useLoginFlow";

export interface WayProps {
  flow: LoginFlow;
  disabled: boolean;
}

const PANELS: Record<Way, (props: WayProps) => React.ReactNode> = {
  browser: BrowserWay,
  device: DeviceWay,
  paste: PasteWay,
  import: ImportWay,
};

interface WaysProps extends WayProps {
  way: Way;
  onWay: (way: Way) => void;
}

export function Ways({ way, onWay, ...props }: WaysProps) {
  const { t } = useTranslation();
  const tabs: Tab[] = WAYS.map((each) => {
    const Panel = PANELS[each];
    return { value: each, label: t(`connect.way.${each}`), content: <Panel {...props} /> };
  });
  return (
    <Tabs
      label={t("connect.ways")}
      tabs={tabs}
      value={way}
      onChange={(value) => onWay(WAYS.find((each) => each === value) ?? "browser")}
    />
  );
}
