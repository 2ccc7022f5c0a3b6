import { newestTrades } from "../../core/events/newest-trades.ts";
import { readNewestTrades } from "../../db/events/read-newest-trades.ts";
import type { TradesAnswer } from "../../protocol/answers/answers.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { endOfAnswer, readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** The newest trades of a symbol, the newest first. */
export async function readSymbolTrades(
  { rooms, db, correlationId }: Sources,
  symbol: SymbolName,
  limit: number,
): Promise<TradesAnswer> {
  const tail = await readTail(rooms, symbol, ["trade"]);
  const { storedThrough, events } = tail;
  const query = { symbol, storedThrough, tail: events, limit };
  const stored = await readNewestTrades(db, query, correlationId);
  return { symbol, ...endOfAnswer(tail), trades: newestTrades(stored, events, limit) };
}
