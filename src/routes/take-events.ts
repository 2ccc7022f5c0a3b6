import { type Appended, appendToHosts } from "../appends/append-to-hosts.ts";
import { claimKey, identify } from "../appends/idempotency.ts";
import { Rooms } from "../bindings/rooms.ts";
import { type AddressedEvent, encodeEvents } from "../core/events/encode-events.ts";
import { loneHost } from "../core/placement/placement.ts";
import { accessOf, coverSymbols } from "../http/access/authorize.ts";
import { type AppContext, nowMs } from "../http/context.ts";
import { endTurn } from "../http/limits/bodies.ts";
import { takeHostsOf } from "../http/limits/descriptors.ts";
import { KEY_REUSED, pushRefused } from "../http/problems/push-refusals.ts";
import { Refusal } from "../http/problems/refusal.ts";
import { knownSymbolsOf } from "../reads/rooms/known-symbols.ts";
import { watchedSymbolsOf } from "../reads/rooms/watch-symbols.ts";
import { metrics } from "../telemetry/metrics.ts";

/** What tells a request from any other with its key. */
export interface PushIdentity {
  key: string | null;
  text: string;
}

/**
 * Appends the events of a push, whatever format it came in: durable when this resolves.
 *
 * @throws Refusal, and then nothing of it is taken (SPEC I-1).
 */
export async function takeEvents(
  c: AppContext,
  events: readonly AddressedEvent[],
  { key, text }: PushIdentity,
): Promise<Appended> {
  const batches = encodeEvents(events);
  const symbols = batches.map(({ symbol }) => symbol);
  coverSymbols(c, symbols);
  await takeHostsOf(c, symbols, "push");
  const { holder } = accessOf(c).grant;
  const idempotency = await identify(key, holder, c.req.path, text);
  // A lone host finds the key in its own log.
  if (idempotency !== null && loneHost(c.get("config")) === null) {
    if ((await claimKey(c.env, idempotency)) === "other") throw new Refusal(KEY_REUSED);
  }
  const outcome = await appendToHosts(
    { rooms: new Rooms(c.env), known: knownSymbolsOf(c.env) },
    { batches, holder, idempotency, correlationId: c.get("correlationId") },
  );
  // Whoever waits for Postgres keeps nobody from being read.
  endTurn(c);
  watchedSymbolsOf(c.env).mayHaveChanged();
  if (outcome.kind !== "appended") throw pushRefused(outcome, c.get("config"));
  metrics.ack.observe((nowMs(c) - c.get("startedAtMs")) / 1_000);
  // Each route has one kind.
  const kind = events[0]?.event.kind;
  if (kind !== undefined) metrics.accepted.add(events.length, { kind });
  return outcome;
}
