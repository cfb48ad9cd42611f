import { useTranslation } from "react-i18next";
import type { PoolRequest } from "@/api/types";
import { Swatch } from "@/components/charts/Legend";
import { cx } from "@/components/cx";
import { type Route, routesOf } from "./routeMap";

const COLUMN = 26;
const LANE = 30;
const TOP = 16;
/** From the lane of who failed to the lane of who answered: beside the line that came from above. */
const ASIDE = 5;

const STROKES = { direct: "var(--good)", failover: "var(--warn)", unserved: "var(--bad)" } as const;

function RouteColumn({
  route,
  place,
  laneOf,
}: {
  route: Route;
  place: number;
  laneOf: (name: string) => number;
}) {
  const x = place * COLUMN + COLUMN / 2;
  const y = (name: string) => TOP + laneOf(name) * LANE + LANE / 2;
  const stops = [...route.failed, ...(route.served ? [route.served] : [])];
  const path = stops
    .map((name, index) => {
      const from = x + ASIDE * Math.min(index, 1);
      return index === 0
        ? `M ${x} 4 L ${x} ${y(name)}`
        : `L ${from} ${y(stops[index - 1] ?? name)} L ${from} ${y(name)}`;
    })
    .join(" ");
  const stroke = STROKES[route.kind];
  const end = x + (route.failed.length > 0 ? ASIDE : 0);
  return (
    <g className="route">
      <path d={path} pathLength={1} fill="none" stroke={stroke} strokeWidth={1.5} strokeOpacity={0.55} />
      {route.failed.map((name) => (
        <path
          key={name}
          d={`M ${x - 4} ${y(name) - 4} l 8 8 m 0 -8 l -8 8`}
          stroke="var(--bad)"
          strokeWidth={2}
          strokeLinecap="round"
        />
      ))}
      {route.served && <circle cx={end} cy={y(route.served)} r={5} fill={stroke} />}
    </g>
  );
}

/** Where the last requests went, the newest at the right; a new one draws its way. The table below says the same. */
export function RouteMap({ requests, order }: { requests: PoolRequest[]; order: string[] }) {
  const { t } = useTranslation();
  const { lanes, routes } = routesOf(requests, order);
  const count = (kind: Route["kind"]) => routes.filter((it) => it.kind === kind).length;
  const height = TOP + lanes.length * LANE;
  const width = Math.max(1, routes.length) * COLUMN;
  return (
    <figure className="px-3.5 pt-2 pb-3">
      <div className="grid grid-cols-[minmax(5rem,max-content)_minmax(0,1fr)]">
        <ul aria-hidden className="pr-3 text-sm" style={{ paddingTop: TOP }}>
          {lanes.map((name) => (
            <li key={name} className="flex items-center truncate" style={{ height: LANE }}>
              {name}
            </li>
          ))}
        </ul>
        {/* The newest stay in sight where there is no room for all. */}
        <div className="flex justify-end overflow-hidden">
          <svg aria-hidden width={width} height={height} className="block shrink-0">
            {lanes.map((name, lane) => (
              <line
                key={name}
                x1={0}
                x2={width}
                y1={TOP + lane * LANE + LANE / 2}
                y2={TOP + lane * LANE + LANE / 2}
                stroke="var(--line)"
              />
            ))}
            {routes.map((route, place) => (
              <RouteColumn
                key={route.key}
                route={route}
                place={place}
                laneOf={(name) => lanes.indexOf(name)}
              />
            ))}
          </svg>
        </div>
      </div>
      <figcaption className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-muted text-xs">
        {(["direct", "failover", "unserved"] as const).map((kind) => (
          <span key={kind} className={cx("tabular flex items-center gap-1.5")}>
            <Swatch colour={kind === "direct" ? "good" : kind === "failover" ? "warn" : "bad"} />
            {t(`pools.routes.${kind}`, { count: count(kind) })}
          </span>
        ))}
        <span>{t("pools.routes.newest")}</span>
      </figcaption>
    </figure>
  );
}
