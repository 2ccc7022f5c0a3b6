import { largestOf, sumOf } from "../../data/figures/exposition.ts";
import { monthCostOf } from "../../data/figures/month-cost.ts";
import { type Look, quantileOf, rateOf } from "../../data/figures/since.ts";
import { grouped } from "../../data/words/digits.ts";
import { formatSpan, formatValue, formatVolume } from "../../data/words/format.ts";
import type { ServerState } from "../../feed/api.ts";
import { Sparkline } from "../market/sparkline.tsx";

/** A figure of each step from one look to the next; null where it is not known. */
type Figure = (before: Look, now: Look) => number | null;

interface Card {
  title: string;
  figure: Figure;
  write(value: number): string;
  /** What stands below the figure. */
  beside(before: Look, now: Look): string;
}

const UNKNOWN = "—";
const seconds = (value: number) => formatSpan(value * 1e6);
const rate = (value: number) => (value < 1_000 ? formatValue(value) : formatVolume(value));
const gauge =
  (name: string): Figure =>
  (_before, { figures }) =>
    figures.has(name) ? sumOf(figures, name) : null;
const rateWords = (before: Look, now: Look, name: string, write = rate) => {
  const value = rateOf(before, now, name);
  return value === null ? UNKNOWN : write(value);
};

const CARDS: readonly Card[] = [
  {
    title: "Events/s accepted",
    figure: (before, now) => rateOf(before, now, "edgetape_accepted_events_total"),
    write: rate,
    beside: (before, now) => `${rateWords(before, now, "edgetape_requests_total")} requests/s`,
  },
  {
    title: "Acknowledged, p99",
    figure: (before, now) => quantileOf(before, now, "edgetape_ack_seconds", 0.99),
    write: seconds,
    beside: (before, now) => {
      const median = quantileOf(before, now, "edgetape_ack_seconds", 0.5);
      return median === null ? "no push" : `half within ${seconds(median)}`;
    },
  },
  {
    title: "Waits for Postgres",
    figure: (_before, { figures }) => largestOf(figures, "edgetape_outbox_age_seconds"),
    write: seconds,
    beside: (_before, { figures }) =>
      `${bytes(sumOf(figures, "edgetape_outbox_bytes"))} in outboxes`,
  },
  {
    title: "Viewers",
    figure: gauge("edgetape_viewers"),
    write: formatVolume,
    beside: (before, now) =>
      `${rateWords(before, now, "edgetape_sent_messages_total")} messages/s, ${rateWords(before, now, "edgetape_sent_bytes_total", bytes)}/s`,
  },
  {
    title: "Rooms",
    figure: gauge("edgetape_rooms"),
    write: formatVolume,
    beside: (_before, { figures }) =>
      [
        count(sumOf(figures, "edgetape_hosts"), "host"),
        count(sumOf(figures, "edgetape_relays"), "relay"),
        ...(figures.has("edgetape_runtime_up")
          ? [count(sumOf(figures, "edgetape_runtime_up"), "runtime")]
          : []),
      ].join(", "),
  },
  {
    title: "Replayed events/s",
    figure: (before, now) => rateOf(before, now, "edgetape_replayed_events_total"),
    write: rate,
    beside: (_before, { figures }) =>
      [
        count(sumOf(figures, "edgetape_replays_total"), "replay"),
        count(sumOf(figures, "edgetape_gaps_total"), "gap"),
        count(sumOf(figures, "edgetape_slow_viewers_total"), "slow viewer"),
      ].join(", "),
  },
  {
    title: "Rollups behind",
    figure: (_before, { figures }) => largestOf(figures, "edgetape_rollup_lag_seconds"),
    write: seconds,
    beside: (_before, { figures }) =>
      `${count(sumOf(figures, "edgetape_stale_rollups"), "hour")} to make anew`,
  },
  {
    title: "Alerts firing",
    figure: (_before, { figures }) => sumOf(figures, "edgetape_alerts", { state: "firing" }),
    write: formatVolume,
    beside: (_before, { figures }) =>
      `${sumOf(figures, "edgetape_alerts", { state: "pending" })} pending`,
  },
  {
    title: "Open descriptors",
    figure: gauge("edgetape_open_descriptors"),
    write: (value) => grouped(value, 0),
    beside: (_before, { figures }) =>
      `of ${grouped(sumOf(figures, "edgetape_descriptors_limit"), 0)}`,
  },
];

/** The figures that tell most, each with its last minutes. */
export function Cards({ looks, state }: { looks: readonly Look[]; state: ServerState | null }) {
  const now = looks.at(-1);
  if (now === undefined) return null;
  const before = looks.at(-2);
  return (
    <ul class="cards">
      {CARDS.map((card) => {
        const value = lastKnown(card.figure, looks);
        return (
          <li key={card.title}>
            <h2>{card.title}</h2>
            <b class="figure">{value === null ? UNKNOWN : card.write(value)}</b>
            <Sparkline values={trailOf(card.figure, looks)} change={null} />
            <p class="dim">{before === undefined ? "Being asked for" : card.beside(before, now)}</p>
          </li>
        );
      })}
      <DatabaseCard state={state} />
      <CostCard {...{ before: looks[0] ?? now, now, state }} />
    </ul>
  );
}

function DatabaseCard({ state }: { state: ServerState | null }) {
  const database = state?.database;
  if (database?.mode === undefined) return null;
  const { mode, version, timescale, bytes: size, limit_bytes: limit = 0 } = database;
  return (
    <li>
      <h2>Database</h2>
      <b class="figure">{size === undefined ? UNKNOWN : bytes(size)}</b>
      <meter min={0} max={limit} value={size} high={limit * 0.8} aria-label="Size it may have" />
      <p class="dim">
        {limit > 0 && `of ${bytes(limit)}; `}PostgreSQL {version}
        {timescale ? `, TimescaleDB ${timescale}` : ""} ({mode})
      </p>
    </li>
  );
}

function CostCard(props: { before: Look; now: Look; state: ServerState | null }) {
  const { before, now, state } = props;
  const usd = monthCostOf(before, now, state?.database.bytes ?? Number.NaN);
  return (
    <li title="Requests, calls and rows of these minutes, what the database holds, and the smallest compute; docs/guides/cost.md">
      <h2>A month of this</h2>
      <b class="figure">{usd === null ? UNKNOWN : `${grouped(usd, 0)} USD`}</b>
      <p class="dim">
        {usd === null
          ? "Being asked for"
          : "about, on Cloudflare and Neon; a machine of your own bills nothing"}
      </p>
    </li>
  );
}

/** Between two looks a second or two apart nothing may have come: the newest that is known counts. */
function lastKnown(figure: Figure, looks: readonly Look[]): number | null {
  return trailOf(figure, looks).at(-1) ?? null;
}

function trailOf(figure: Figure, looks: readonly Look[]): number[] {
  return looks.slice(1).flatMap((now, at) => figure(looks[at] ?? now, now) ?? []);
}

function count(value: number, what: string): string {
  return value === 1 ? `1 ${what}` : `${grouped(value, 0)} ${what}s`;
}

function bytes(value: number): string {
  if (value < 1e3) return `${Math.round(value)} B`;
  if (value < 1e6) return `${formatValue(value / 1e3)} KB`;
  return value < 1e9 ? `${formatValue(value / 1e6)} MB` : `${formatValue(value / 1e9)} GB`;
}
