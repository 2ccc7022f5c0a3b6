import type { Env } from "../bindings/env.ts";
import type { AppendBatch, AppendOutcome, IdempotentRequest } from "../bindings/room.ts";
import type { SymbolBatch } from "../core/encode-events.ts";
import type { AppContext } from "../middleware/context.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { makeKnown } from "./known-symbols.ts";

/** Rooms that one request asks at once. A new one is a file and its syncs, and others wait for those behind it. */
const ROOMS_AT_ONCE = 32;

export interface SymbolOutcome {
  symbol: SymbolName;
  outcome: AppendOutcome;
}

/** The room of a symbol. */
export function roomOf(env: Env, symbol: SymbolName) {
  return env.ROOM.get(env.ROOM.idFromName(symbol));
}

/**
 * Appends the parts of one request to their rooms. Where there are several, all of them are asked first whether they
 * will take it, so that a full outbox or a key used before refuses the whole batch and not a part of it (SPEC I-1).
 */
export async function appendToRooms(
  c: AppContext,
  batches: readonly SymbolBatch[],
  idempotency: IdempotentRequest | null,
): Promise<SymbolOutcome[]> {
  const isSpread = batches.length > 1;
  if (isSpread) {
    const refused = await findRefusal(c, batches, idempotency);
    if (refused !== null) return [refused];
  }
  const append = async (batch: SymbolBatch): Promise<SymbolOutcome> => ({
    symbol: batch.symbol,
    outcome: await appendToRoom(c, batch, {
      ...(idempotency !== null && { idempotency }),
      ...(isSpread && { admitted: true }),
    }),
  });
  const appends = (
    await fewAtOnce(batches, (batch) => Promise.allSettled([append(batch)]), ROOMS_AT_ONCE)
  ).flat();
  const outcomes = appends.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const taken = outcomes.filter(({ outcome }) => outcome.kind === "appended");
  await makeKnown(
    c,
    taken.map(({ symbol }) => symbol),
  );
  for (const one of appends) if (one.status === "rejected") throw one.reason;
  return outcomes;
}

async function findRefusal(
  c: AppContext,
  batches: readonly SymbolBatch[],
  idempotency: IdempotentRequest | null,
): Promise<SymbolOutcome | null> {
  const admissions = await fewAtOnce(
    batches,
    ({ symbol, series }) => roomOf(c.env, symbol).admits(idempotency, series),
    ROOMS_AT_ONCE,
  );
  for (const [index, kind] of admissions.entries()) {
    const symbol = batches[index]?.symbol;
    if (kind !== "admitted" && symbol !== undefined) return { symbol, outcome: { kind } };
  }
  return null;
}

function appendToRoom(
  c: AppContext,
  { symbol, ...batch }: SymbolBatch,
  terms: Pick<AppendBatch, "idempotency" | "admitted">,
): Promise<AppendOutcome> {
  const correlationId = c.get("correlationId");
  return roomOf(c.env, symbol).append(symbol, { ...batch, ...terms, correlationId });
}
