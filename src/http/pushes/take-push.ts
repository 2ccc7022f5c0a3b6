import { type Appended, appendToHosts } from "../../appends/append-to-hosts.ts";
import { claimKey, identify } from "../../appends/idempotency.ts";
import type { HostRefusal, IdempotentRequest } from "../../bindings/host.ts";
import { Rooms } from "../../bindings/rooms.ts";
import { type AddressedEvent, encodeEvents } from "../../core/events/encode-events.ts";
import { loneHost } from "../../core/placement/placement.ts";
import { knownSymbolsOf } from "../../reads/rooms/known-symbols.ts";
import { watchedSymbolsOf } from "../../reads/rooms/watch-symbols.ts";
import { metrics } from "../../telemetry/metrics.ts";
import { accessOf, coverSymbols } from "../access/authorize.ts";
import { type AppContext, nowMs } from "../context.ts";
import { endTurn } from "../limits/bodies.ts";
import { takeHostsOf } from "../limits/descriptors.ts";
import { KEY_REUSED, pushRefused } from "../problems/push-refusals.ts";
import { Refusal } from "../problems/refusal.ts";

/** How a request is told from any other. */
export interface PushIdentity {
  /** Its `Idempotency-Key`. */
  key: string | null;
  /** What it says beside its route, asked for only where it has a key. */
  body: () => string;
}

/**
 * The way of every push to the rooms, whatever it was written in: its token covers the symbols, their hosts can be open, its key is
 * no other request's, and then it is appended. What is made of the body is let go after that.
 *
 * @throws Refusal, and then nothing of it is taken.
 */
export async function takePush(
  c: AppContext,
  events: readonly AddressedEvent[],
  identity: PushIdentity,
): Promise<Appended> {
  const batches = encodeEvents(events);
  const symbols = batches.map(({ symbol }) => symbol);
  coverSymbols(c, symbols);
  await takeHostsOf(c, symbols, "push");
  const outcome = await append(c, batches, await claim(c, identity));
  endTurn(c);
  if (outcome.kind !== "appended") throw pushRefused(outcome, c.get("config"));
  count(c, events);
  return outcome;
}

/** The events are durable. */
function count(c: AppContext, events: readonly AddressedEvent[]): void {
  metrics.ack.observe((nowMs(c) - c.get("startedAtMs")) / 1_000);
  // Each route has one kind.
  const kind = events[0]?.event.kind;
  if (kind !== undefined) metrics.accepted.add(events.length, { kind });
}

async function append(
  c: AppContext,
  batches: ReturnType<typeof encodeEvents>,
  idempotency: IdempotentRequest | null,
): Promise<Appended | HostRefusal> {
  const { holder } = accessOf(c).grant;
  const outcome = await appendToHosts(
    { rooms: new Rooms(c.env), known: knownSymbolsOf(c.env) },
    { batches, holder, idempotency, correlationId: c.get("correlationId") },
  );
  watchedSymbolsOf(c.env).mayHaveChanged();
  return outcome;
}

/** @throws Refusal where the key is another request's. */
async function claim(
  c: AppContext,
  { key, body }: PushIdentity,
): Promise<IdempotentRequest | null> {
  if (key === null) return null;
  const idempotency = await identify(key, accessOf(c).grant.holder, c.req.path, body());
  // A lone host finds the key in its own log.
  if (idempotency !== null && loneHost(c.get("config")) === null) {
    if ((await claimKey(c.env, idempotency)) === "other") throw new Refusal(KEY_REUSED);
  }
  return idempotency;
}
