import { AppendLanes } from "../../appends/append-lane.ts";
import { type Appended, appendToHosts } from "../../appends/append-to-hosts.ts";
import { claimKey, identify } from "../../appends/idempotency.ts";
import { breath } from "../../bindings/breath.ts";
import type { Env } from "../../bindings/env.ts";
import type { HostRefusal, IdempotentRequest } from "../../bindings/host.ts";
import { Rooms } from "../../bindings/rooms.ts";
import { wakesOthers } from "../../bindings/wakes-others.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import {
  type AddressedEvent,
  encodeInSlices,
  type SymbolBatch,
} from "../../core/events/encode-events.ts";
import { loneHost } from "../../core/placement/placement.ts";
import type { LeftOut, TakenInParts } from "../../formats/points/points.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { knownSymbolsOf } from "../../reads/rooms/known-symbols.ts";
import { watchedSymbolsOf } from "../../reads/rooms/watch-symbols.ts";
import { metrics } from "../../telemetry/metrics.ts";
import { accessOf, coverSymbols } from "../access/authorize.ts";
import { type AppContext, nowMs } from "../context.ts";
import { endTurn } from "../limits/bodies.ts";
import { takeHostsOf } from "../limits/descriptors.ts";
import { KEY_REUSED, pushRefused } from "../problems/push-refusals.ts";
import { Refusal } from "../problems/refusal.ts";

/** A push of so many events takes some ms to be read and handed over. */
const LONG_EVENTS = 100;

const lanesOf = oncePer((_: Env) => (wakesOthers() ? new AppendLanes() : null));

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
  const batches = await encodeInSlices(events, () => breath.pause());
  const symbols = batches.map(({ symbol }) => symbol);
  coverSymbols(c, symbols);
  await takeHostsOf(c, symbols, "push");
  const encoded = { count: events.length, kind: events[0]?.event.kind, batches };
  const outcome = await append(c, encoded, await claim(c, identity));
  endTurn(c);
  if (outcome.kind !== "appended") throw pushRefused(outcome, c.get("config"));
  return outcome;
}

/** Each refusal tells all that one host has no place for; more of them than hosts that a request has is a fault. */
const MOST_TRIES = 64;
const NO_PLACE =
  "is a new series of a symbol that has all it may have (LIMIT_SERIES); what has ever new values, such as an id, belongs into no label";

/**
 * The same for what is taken in parts: series that a room has no place for are left out of `points`, and refused there. Gives how many
 * points that was.
 *
 * @throws Refusal, and then nothing is taken.
 */
export async function takePoints(
  c: AppContext,
  points: TakenInParts,
  identity: PushIdentity,
): Promise<LeftOut> {
  const left: LeftOut = { single: 0, grouped: 0 };
  if (points.count === 0) return left;
  const encode = () => points.encode(() => breath.pause());
  let batches = await encode();
  const symbols = batches.map(({ symbol }) => symbol);
  coverSymbols(c, symbols);
  await takeHostsOf(c, symbols, "push");
  const idempotency = await claim(c, identity);
  for (let tries = 0; batches.length > 0; tries += 1) {
    const encoded = { count: points.count, kind: "metric", batches } as const;
    const outcome = await append(c, encoded, idempotency);
    if (outcome.kind === "appended") break;
    if (outcome.kind !== "too_many_series" || outcome.beyond === undefined || tries >= MOST_TRIES) {
      throw pushRefused(outcome, c.get("config"));
    }
    const beyond = new Map<SymbolName, ReadonlySet<number>>(
      outcome.beyond.map(({ symbol, series }) => [symbol, new Set(series)]),
    );
    const out = points.leaveOut(
      ({ symbol, texts }) => beyond.get(symbol)?.has(texts.hash) === true,
      NO_PLACE,
    );
    left.single += out.single;
    left.grouped += out.grouped;
    batches = await encode();
  }
  endTurn(c);
  return left;
}

/** What is made of a request's events: each route has one kind of them. */
interface Encoded {
  count: number;
  kind: TapeEvent["kind"] | undefined;
  batches: readonly SymbolBatch[];
}

async function append(
  c: AppContext,
  { count, kind, batches }: Encoded,
  idempotency: IdempotentRequest | null,
): Promise<Appended | HostRefusal> {
  const { holder } = accessOf(c).grant;
  const appending = appendToHosts(
    {
      ...{ rooms: new Rooms(c.env), known: knownSymbolsOf(c.env), lanes: lanesOf(c.env) },
      keep: (call) => c.executionCtx.waitUntil(call),
      signal: c.req.raw.signal,
    },
    { batches, holder, idempotency, correlationId: c.get("correlationId") },
  );
  if (count >= LONG_EVENTS) breath.worked();
  const outcome = await appending;
  watchedSymbolsOf(c.env).mayHaveChanged();
  if (outcome.kind !== "appended") return outcome;
  // The events are durable.
  metrics.ack.observe((nowMs(c) - c.get("startedAtMs")) / 1_000);
  if (kind !== undefined) metrics.accepted.add(count, { kind });
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
