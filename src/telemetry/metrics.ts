import { Counter, type Family, gauge, Histogram, OfObjects } from "../core/metrics/families.ts";

/*
 * What this runtime counts of itself, in its own memory: a number costs some nanoseconds where it changes, and nothing is asked of
 * any object when it is told. All begin at 0 with the runtime (SPEC T-1 to T-4). On Cloudflare this is one isolate's.
 */

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a host has. */
interface HostState {
  rooms: number;
  outboxBytes: number;
  /** The oldest of the outbox was acknowledged no earlier than that, in ms of the clock; null where it is empty. */
  outboxSinceMs: number | null;
  /** Its newest cursor, in ms of the clock. */
  headMs: number;
}

export const metrics = {
  requests: new Counter<"route" | "method" | "status">(
    { name: "edgetape_requests_total", help: "Requests answered, by route and class of status." },
    [],
  ),
  refused: new Counter<"cause">(
    {
      name: "edgetape_refused_requests_total",
      help: "Requests refused, by the type of their problem document.",
    },
    [],
  ),
  accepted: new Counter<"kind">(
    { name: "edgetape_accepted_events_total", help: "Events acknowledged as durable, by kind." },
    ["metric", "trade", "position", "book", "order", "note", "log", "bar"].map((kind) => ({
      kind,
    })),
  ),
  leftOut: new Counter<"what">(
    {
      name: "edgetape_line_protocol_left_out_total",
      help: "Lines of line protocol that were not taken, and fields of text that are no numbers.",
    },
    [{ what: "line" }, { what: "text_field" }],
  ),
  ack: new Histogram(
    {
      name: "edgetape_ack_seconds",
      help: "From the beginning of a push to its events being durable.",
    },
    SECONDS,
  ),
  sentMessages: new Counter(
    { name: "edgetape_sent_messages_total", help: "Messages sent to viewers." },
    [{}],
  ),
  sentBytes: new Counter(
    { name: "edgetape_sent_bytes_total", help: "Characters of messages sent to viewers." },
    [{}],
  ),
  replays: new Counter(
    {
      name: "edgetape_replays_total",
      help: "Viewers that were sent what they had missed and are live again.",
    },
    [{}],
  ),
  replayedEvents: new Counter(
    { name: "edgetape_replayed_events_total", help: "Events sent by replays." },
    [{}],
  ),
  gaps: new Counter<"reason">(
    { name: "edgetape_gaps_total", help: "Gaps that viewers were told, by reason." },
    [{ reason: "reset" }, { reason: "unavailable" }],
  ),
  slowViewers: new Counter(
    {
      name: "edgetape_slow_viewers_total",
      help: "Times that a viewer did not keep up and was taken out of the live stream.",
    },
    [{}],
  ),
  closedViewers: new Counter<"reason">(
    {
      name: "edgetape_closed_viewers_total",
      help: "Viewers closed by the server, by reason.",
    },
    [],
  ),
  store: new Histogram(
    {
      name: "edgetape_store_seconds",
      help: "From a part of an outbox being handed to its Writer to the answer of the database.",
    },
    SECONDS,
  ),
  storedParts: new Counter<"outcome">(
    {
      name: "edgetape_stored_parts_total",
      help: "Parts of outboxes handed to Writers, by outcome.",
    },
    ["stored", "partly", "unavailable", "refused", "broken"].map((outcome) => ({ outcome })),
  ),
  databaseErrors: new Counter<"use" | "cause">(
    { name: "edgetape_database_errors_total", help: "Failures of the database, by who met them." },
    ["reader", "writer", "keeper"].map((use) => ({ use, cause: "away" })),
  ),
  webhookAttempts: new Counter<"outcome">(
    { name: "edgetape_webhook_attempts_total", help: "Webhooks sent, by what became of it." },
    [{ outcome: "delivered" }, { outcome: "failed" }],
  ),
  webhooksGivenUp: new Counter(
    { name: "edgetape_webhooks_given_up_total", help: "Webhooks that are sent no more." },
    [{}],
  ),
  alertEvaluations: new Counter(
    {
      name: "edgetape_alert_evaluations_total",
      help: "Events looked at for rules of alerts, once for each alert that they concern.",
    },
    [{}],
  ),
  alarms: new Counter<"object">(
    { name: "edgetape_alarms_total", help: "Alarms of objects that went off." },
    ["host", "relay", "streams", "keeper", "notifier"].map((object) => ({ object })),
  ),
};

/** When this was first told: a module that is just loaded has no clock. */
let firstToldMs: number | null = null;

/** What waits to be sent to webhooks; null where the Notifier is not. */
export const notifierState: { waiting: number | null; sinceMs: number | null } = {
  ...{ waiting: null, sinceMs: null },
};

/** What hosts have, and how many sockets each host and relay holds. */
export const hostStates = new OfObjects<HostState>();
/** Alerts of hosts, by state. */
export const alertStates = new OfObjects<{ pending: number; firing: number }>();
export const socketsOfHosts = new OfObjects<number>();
export const socketsOfRelays = new OfObjects<number>();

/** What the Keeper has seen of the database; where it is not, and before it has looked, nobody knows. */
export const keeperState: {
  databaseBytes: number | null;
  staleHours: number | null;
  rolledThroughUs: number | null;
  /** There was more to roll up than its last turn had time for, or that failed. */
  isBehind: boolean;
  /** The lag at the end of its last turn, in seconds. */
  lagS: number;
} = { databaseBytes: null, staleHours: null, rolledThroughUs: null, isBehind: false, lagS: 0 };

/** `failure`: what `failureOf` says of an error; null is none of a database. */
export function countDatabaseError(
  use: "reader" | "writer" | "keeper",
  failure: { kind: "unavailable"; why: string } | { kind: "refused" } | null,
): void {
  if (failure === null) return;
  const cause = failure.kind === "unavailable" ? failure.why : failure.kind;
  metrics.databaseErrors.add(1, { use, cause });
}

/** What is not counted but looked at when it is asked for. */
export interface Looked {
  nowMs: number;
  isRoomsDiskFull: boolean;
  isDatabaseDiskFull: boolean;
  descriptors: { open: number; limit: number } | null;
}

/** All of this runtime's metrics. */
export function collectMetrics(looked: Looked): Family[] {
  return [
    ...Object.values(metrics).map((one) => one.family()),
    ...ofHosts(looked.nowMs),
    ofAlerts(),
    ...ofKeeper(looked.nowMs),
    ...ofClock(looked.nowMs),
    ...ofNotifier(looked.nowMs),
    gauge(
      { name: "edgetape_disk_full", help: "Whether a disk is full: rooms', or the database's." },
      { labels: { disk: "rooms" }, value: Number(looked.isRoomsDiskFull) },
      { labels: { disk: "database" }, value: Number(looked.isDatabaseDiskFull) },
    ),
    gauge(
      { name: "edgetape_open_descriptors", help: "Descriptors that the runtime has open." },
      looked.descriptors?.open ?? null,
    ),
    gauge(
      { name: "edgetape_descriptors_limit", help: "Descriptors that the runtime may have open." },
      looked.descriptors?.limit ?? null,
    ),
  ];
}

function ofHosts(nowMs: number): Family[] {
  let [rooms, bytes, ageMs] = [0, 0, 0];
  for (const host of hostStates.all) {
    rooms += host.rooms;
    bytes += host.outboxBytes;
    if (host.outboxSinceMs !== null) ageMs = Math.max(ageMs, nowMs - host.outboxSinceMs);
  }
  const [atHosts] = socketsIn(socketsOfHosts);
  const [atRelays, relays] = socketsIn(socketsOfRelays);
  return [
    gauge(
      { name: "edgetape_hosts", help: "Hosts that were awake since the start." },
      hostStates.size,
    ),
    gauge({ name: "edgetape_rooms", help: "Symbols of these hosts." }, rooms),
    gauge(
      { name: "edgetape_viewers", help: "Sockets of viewers, by what holds them." },
      { labels: { at: "host" }, value: atHosts },
      { labels: { at: "relay" }, value: atRelays },
    ),
    gauge({ name: "edgetape_relays", help: "Relays that hold a viewer's socket." }, relays),
    gauge(
      {
        name: "edgetape_outbox_bytes",
        help: "Acknowledged events that the database does not surely have.",
      },
      bytes,
    ),
    gauge(
      {
        name: "edgetape_outbox_age_seconds",
        help: "How long the oldest of them waits at the most.",
      },
      ageMs / 1_000,
    ),
  ];
}

function ofAlerts(): Family {
  let [pending, firing] = [0, 0];
  for (const host of alertStates.all) {
    pending += host.pending;
    firing += host.firing;
  }
  return gauge(
    { name: "edgetape_alerts", help: "Alerts of hosts that were awake since the start." },
    { labels: { state: "pending" }, value: pending },
    { labels: { state: "firing" }, value: firing },
  );
}

/** A clock that was set back is behind what it has numbered; cursors go on from there all the same (SPEC C-1). */
function ofClock(nowMs: number): Family[] {
  const headMs = Array.from(hostStates.all, (host) => host.headMs).reduce(
    (a, b) => Math.max(a, b),
    0,
  );
  firstToldMs ??= nowMs;
  return [
    gauge(
      {
        name: "edgetape_first_scrape_seconds",
        help: "Unix time of the first scrape since the runtime began: it changes where one begins anew.",
      },
      firstToldMs / 1_000,
    ),
    gauge(
      { name: "edgetape_clock_seconds", help: "Unix time, by the server's clock." },
      nowMs / 1_000,
    ),
    gauge(
      {
        name: "edgetape_clock_behind_seconds",
        help: "How far the clock is behind the newest event that it has numbered.",
      },
      Math.max(0, headMs - nowMs) / 1_000,
    ),
  ];
}

/** How many sockets they hold, and how many of them hold any. */
function socketsIn(objects: OfObjects<number>): [sockets: number, holders: number] {
  let [sockets, holders] = [0, 0];
  for (const held of objects.all) {
    sockets += held;
    if (held > 0) holders += 1;
  }
  return [sockets, holders];
}

function ofNotifier(nowMs: number): Family[] {
  const { waiting, sinceMs } = notifierState;
  const ageS = waiting === null ? null : (nowMs - (sinceMs ?? nowMs)) / 1_000;
  return [
    gauge(
      { name: "edgetape_webhooks_waiting", help: "Webhooks that have not arrived yet." },
      waiting,
    ),
    gauge(
      { name: "edgetape_webhook_age_seconds", help: "How long the oldest of them waits." },
      ageS,
    ),
  ];
}

function ofKeeper(nowMs: number): Family[] {
  const { databaseBytes, staleHours, rolledThroughUs, isBehind, lagS } = keeperState;
  // While nothing is stored nothing is rolled up, and that is no lag.
  const lag =
    rolledThroughUs === null ? null : isBehind ? nowMs / 1_000 - rolledThroughUs / 1e6 : lagS;
  return [
    gauge({ name: "edgetape_database_bytes", help: "Size of the database." }, databaseBytes),
    gauge(
      {
        name: "edgetape_stale_rollups",
        help: "Rollups of an hour that late data waits to correct.",
      },
      staleHours,
    ),
    gauge(
      { name: "edgetape_rollup_lag_seconds", help: "How far rollups are behind the clock." },
      lag,
    ),
  ];
}
