import { useEffect, useRef, useState } from "preact/hooks";
import {
  type DeskCard,
  gainCard,
  latencyCard,
  ordersCard,
  positionsCard,
  valueCard,
} from "../../data/market/desk-cards.ts";
import { largestOfAll, openPositions, sumOfAll, trendOf } from "../../data/market/desk-figures.ts";
import { zoneOf } from "../../data/times/zone-offset.ts";
import { zoneTicks } from "../../data/times/zone-ticks.ts";
import {
  askDayGains,
  askDayTrail,
  askDeskSeries,
  trailStepUs,
} from "../../feed/market/desk-questions.ts";
import type { MarketFeed } from "../../feed/market/market-feed.ts";
import { isCutOff } from "../../feed/symbols/symbols-watch.ts";
import type { Desk } from "../shell/desk.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { signClass } from "../sign-class.ts";
import { FeedsCard } from "./feeds-card.tsx";
import { Sparkline } from "./sparkline.tsx";
import { useMarketChanges } from "./use-market.ts";

const PAINT_MS = 1_000;
const SERIES_MS = 5_000;
/** Where nobody pushes any of them. */
const NO_SERIES_MS = 10_000;
const GAINS_MS = 15_000;
/** Looks of which a card keeps the figure. */
const MOST_LOOKS = 120;
const NO_SYMBOLS = new Map();

/** The figures of the desk: what it is worth, what it holds and makes, how fast its orders go, and which feeds are silent. */
export function Cards({ desk, market }: { desk: Desk; market: MarketFeed | null }) {
  useMarketChanges(desk, market, PAINT_MS);
  const open = openPositions(market?.symbols ?? NO_SYMBOLS);
  const isConnecting = market === null || (open === null && !market.isLive());
  const positions = positionsCard(open, useLooks(open && open.long + open.short));
  return (
    <ul
      class={`cards market-cards ${isCutOff(desk.symbols) ? "is-cut-off" : ""}`}
      aria-label="The desk"
    >
      <SeriesCards desk={desk} />
      <GainCard desk={desk} symbols={isConnecting ? null : (open?.symbols ?? [])} />
      <Card {...positions} {...(isConnecting && { beside: "Waiting for the stream" })} />
      <FeedsCard {...{ desk, market }} />
    </ul>
  );
}

function SeriesCards({ desk }: { desk: Desk }) {
  const { api, clock } = desk;
  const [isForbidden, setForbidden] = useState(false);
  useEffect(() => setForbidden(false), [desk.renewals]);
  const { value, failure } = useAnswer(
    { ...desk, onUnauthorized: () => setForbidden(true) },
    () => askDeskSeries(api, clock.nowMs()),
    (series) => (Object.values(series).flat().length > 0 ? SERIES_MS : NO_SERIES_MS),
    [api],
  );
  const now = { nowMs: clock.nowMs(), zone: clock.zone };
  const cards = [
    valueCard(trendOf(value?.value ?? [], "last", sumOfAll), now),
    ordersCard(trendOf(value?.orders ?? [], "last", sumOfAll), now),
    latencyCard(trendOf(value?.latency ?? [], "p99", largestOfAll), now),
  ];
  const why = isForbidden
    ? "Needs a token that covers _system"
    : failure !== null && "detail" in failure
      ? failure.detail
      : "Being asked for";
  return (
    <>
      {cards.map((card) => (
        <Card key={card.title} {...card} {...(value === null && { beside: why })} />
      ))}
    </>
  );
}

/** `symbols` null: which have positions is not known yet. */
function GainCard({ desk, symbols }: { desk: Desk; symbols: readonly string[] | null }) {
  const { api, clock } = desk;
  const asked = symbols ?? [];
  const inputs = [api, asked.join(), clock.zone];
  const { value: day, failure } = useAnswer(
    desk,
    asked.length === 0 ? null : () => askDayGains(api, asked, midnightUs(clock)),
    () => GAINS_MS,
    inputs,
  );
  const { value: past } = useAnswer(
    desk,
    day === null ? null : () => askDayTrail(api, asked, midnightUs(clock), clock.nowMs() * 1_000),
    () => {
      const stepMs = trailStepUs(asked.length) / 1_000;
      return stepMs - ((clock.nowMs() - midnightUs(clock) / 1_000) % stepMs);
    },
    [...inputs, day === null],
  );
  const trail = past === null || day?.gain == null ? [] : [...past, day.gain];
  const card = gainCard(day ?? { gain: null, without: [] }, asked.length, trail);
  if (day !== null) return <Card {...card} />;
  const why = symbols === null ? "Waiting for the stream" : "Being asked for";
  const beside = symbols?.length === 0 ? "Push to /api/positions and /api/trades" : why;
  return (
    <Card {...card} beside={failure !== null && "detail" in failure ? failure.detail : beside} />
  );
}

function midnightUs({ nowMs, zone }: Desk["clock"]): number {
  const nowS = Math.floor(nowMs() / 1_000);
  return (zoneTicks(nowS - 90_000, nowS, 86_400, zoneOf(zone)).at(-1) ?? nowS) * 1e6;
}

function Card({ title, figure, beside, trail, gain }: DeskCard) {
  return (
    <li data-testid="desk-card" data-title={title}>
      <h2>{title}</h2>
      <b class={`figure ${signClass(gain)}`}>{figure ?? "—"}</b>
      <Sparkline values={trail} change={gain} />
      <p class="dim">{beside}</p>
    </li>
  );
}

/** The last values of a figure that nobody keeps, since the page was opened. */
function useLooks(value: number | null): readonly number[] {
  const looks = useRef<readonly number[]>([]);
  useEffect(() => {
    if (value !== null) looks.current = [...looks.current, value].slice(-MOST_LOOKS);
  });
  return looks.current;
}
