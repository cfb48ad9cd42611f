import { Shapes } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ACCOUNT } from "../shell/places";
import { usePlaces } from "../shell/usePlaces";
import { type Go, Item } from "./Item";

export function PlaceItems({ go }: { go: Go }) {
  const { t } = useTranslation();
  const places = usePlaces().flatMap(({ pages }) => pages);
  return (
    <>
      {[...places, ACCOUNT].map(({ to, label, Icon, letter }) => (
        <Item
          key={to}
          id={`page ${to}`}
          Icon={Icon}
          label={t(label)}
          keys={`g ${letter}`}
          onSelect={() => void go({ to })}
        />
      ))}
      <Item
        id="page /gallery"
        Icon={Shapes}
        label={t("gallery.title")}
        onSelect={() => void go({ to: "/gallery" })}
      />
    </>
  );
}
