import type {
  HostBatch,
  HostFailure,
  HostOutcome,
  HostRefusal,
  IdempotentRequest,
} from "../bindings/host.ts";
import { askHosts, type Rooms } from "../bindings/rooms.ts";
import type { SymbolBatch } from "../core/events/encode-events.ts";
import { packRooms } from "../core/events/packed-rooms.ts";
import { isUnknownMethod } from "../core/limits/object-failure.ts";
import type { HostName } from "../core/placement/placement.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Cursor } from "../protocol/words/time.ts";
import type { KnownSymbols } from "../reads/rooms/known-symbols.ts";
import type { AppendLanes } from "./append-lane.ts";

/** What one request brings, and whose it is. */
export interface Push {
  batches: readonly SymbolBatch[];
  /** Of its token. */
  holder: string;
  idempotency: IdempotentRequest | null;
  correlationId: string;
}

/** Where to, and who learns of the symbols that got something. */
export interface AppendTargets {
  rooms: Rooms;
  known: KnownSymbols;
  /** Null where requests do not wait for each other. */
  lanes: AppendLanes | null;
  /** Keeps a call going that carries the batches of other requests too. */
  keep(call: Promise<unknown>): void;
  /** Of the client that brings it. */
  signal: AbortSignal;
}

/**
 * The place of each symbol's part, and how far that goes on each host. `mayBeElsewhere`: symbols whose part another host may have
 * had, for the request may have come before.
 */
export interface Appended {
  kind: "appended";
  cursors: Record<SymbolName, Cursor>;
  hosts: { host: HostName; through: Cursor; mayBeElsewhere: SymbolName[] }[];
}

interface HostPart {
  host: HostName;
  batch: HostBatch;
}

/**
 * Appends what a request brings: with one call where all of it is on one host. Where it is on several, all of them are asked first
 * whether they will take their part, so that a full outbox or a limit refuses the whole batch (SPEC I-1).
 */
export async function appendToHosts(
  targets: AppendTargets,
  push: Push,
): Promise<Appended | HostRefusal> {
  const { rooms, known } = targets;
  const parts = partsOf(rooms, push);
  if (parts.length > 1) {
    const refusal = await findRefusal(rooms, parts);
    if (refusal !== null) return refusal;
    for (const { batch } of parts) batch.admitted = true;
  }
  // All have ended before the answer says that one failed: what the others took is in their rooms then.
  const settled = await askHosts(parts, (part) =>
    append(targets, part).then(
      (outcome) => ({ outcome }),
      (error: unknown) => ({ error }),
    ),
  );
  const appended: Appended = { kind: "appended", cursors: {}, hosts: [] };
  let refusal: HostRefusal | null = null;
  for (const [at, one] of settled.entries()) {
    if ("error" in one) continue;
    if (isTaken(one.outcome)) take(appended, known, parts[at] as HostPart, one.outcome.cursors);
    else refusal ??= one.outcome;
  }
  for (const one of settled) if ("error" in one) throw one.error;
  return refusal ?? appended;
}

async function append(
  { rooms, lanes, keep, signal }: AppendTargets,
  { host, batch }: HostPart,
): Promise<HostOutcome> {
  if (lanes === null) return (await rooms.hostAt(host).append(batch)) as HostOutcome;
  return lanes.to(host).append(batch, {
    send: (batches) => sendAll(rooms, host, batches),
    keep,
    nowMs: () => Date.now(),
    setTimer: (callback, ms) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    onGone: (callback) => {
      signal.addEventListener("abort", callback);
      return () => signal.removeEventListener("abort", callback);
    },
  });
}

async function sendAll(
  rooms: Rooms,
  host: HostName,
  batches: readonly HostBatch[],
): Promise<readonly (HostOutcome | HostFailure)[]> {
  const packed = batches.map((batch) => ({ ...batch, rooms: packRooms(batch.rooms) }));
  try {
    return await rooms.hostAt(host).appendPacked(packed);
  } catch (error) {
    if (!isUnknownMethod(error, "appendPacked")) throw error;
    return sendUnpacked(rooms, host, batches);
  }
}

/** To a host that is one version back. */
async function sendUnpacked(
  rooms: Rooms,
  host: HostName,
  batches: readonly HostBatch[],
): Promise<readonly (HostOutcome | HostFailure)[]> {
  const [first, ...more] = batches;
  if (first === undefined) return [];
  if (more.length === 0) return [(await rooms.hostAt(host).append(first)) as HostOutcome];
  const said = await rooms.hostAt(host).append(first, more);
  return Array.isArray(said) ? said : [said, ...(await sendUnpacked(rooms, host, more))];
}

async function findRefusal(rooms: Rooms, parts: readonly HostPart[]): Promise<HostRefusal | null> {
  const ask = async ({ host, batch }: HostPart): Promise<HostRefusal | null> =>
    await rooms.hostAt(host).admits(batch);
  return (await askHosts(parts, ask)).find((refusal) => refusal !== null) ?? null;
}

function isTaken(outcome: HostOutcome): outcome is Exclude<HostOutcome, HostRefusal> {
  return outcome.kind === "appended" || outcome.kind === "repeated";
}

function take(
  appended: Appended,
  known: KnownSymbols,
  { host, batch }: HostPart,
  cursors: readonly Cursor[],
): void {
  const symbols = batch.rooms.map(({ symbol }) => symbol);
  for (const [at, symbol] of symbols.entries()) appended.cursors[symbol] = cursors[at] as Cursor;
  appended.hosts.push({
    host,
    through: cursors.reduce((one, other) => (one > other ? one : other)),
    mayBeElsewhere: batch.idempotency === undefined ? [] : symbols,
  });
  known.remember(symbols);
}

function partsOf(rooms: Rooms, { batches, holder, idempotency, correlationId }: Push): HostPart[] {
  const terms = {
    ...{ holder, correlationId },
    ...(idempotency !== null && { idempotency }),
  };
  return rooms
    .byHost(batches, ({ symbol }) => symbol)
    .map(({ host, items }) => ({
      host,
      batch: { rooms: items, ...terms },
    }));
}
