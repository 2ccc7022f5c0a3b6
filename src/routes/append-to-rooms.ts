import type { Env } from "../bindings/env.ts";
import type { AppendBatch, AppendOutcome, IdempotentRequest } from "../bindings/room.ts";
import type { SymbolBatch } from "../core/encode-events.ts";
import type { AppContext } from "../middleware/context.ts";
import type { SymbolName } from "../protocol/symbol.ts";

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
  return Promise.all(
    batches.map(async (batch) => ({
      symbol: batch.symbol,
      outcome: await appendToRoom(c, batch, {
        ...(idempotency !== null && { idempotency }),
        ...(isSpread && { admitted: true }),
      }),
    })),
  );
}

async function findRefusal(
  c: AppContext,
  batches: readonly SymbolBatch[],
  idempotency: IdempotentRequest | null,
): Promise<SymbolOutcome | null> {
  const admissions = await Promise.all(
    batches.map(({ symbol }) => roomOf(c.env, symbol).admits(idempotency)),
  );
  for (const [index, kind] of admissions.entries()) {
    const symbol = batches[index]?.symbol;
    if (kind !== "admitted" && symbol !== undefined) return { symbol, outcome: { kind } };
  }
  return null;
}

function appendToRoom(
  c: AppContext,
  { symbol, frames, tradeKeys, bookTs }: SymbolBatch,
  terms: Pick<AppendBatch, "idempotency" | "admitted">,
): Promise<AppendOutcome> {
  return roomOf(c.env, symbol).append(symbol, {
    frames,
    ...(tradeKeys !== undefined && { tradeKeys }),
    ...(bookTs !== undefined && { bookTs }),
    ...terms,
    correlationId: c.get("correlationId"),
  });
}
