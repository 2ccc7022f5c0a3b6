import { readPositions } from "../../db/events/read-positions.ts";
import type { PositionsAnswer } from "../../protocol/answers/answers.ts";
import type { PositionEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

interface Page {
  /** Accounts after this one by name; null: from the first. */
  after: string | null;
  limit: number;
}

/**
 * What is held of a symbol now: as its room knows it by heart, or, where that is too much to know by heart, from Postgres. Null while
 * the room does not know what was before its log.
 */
export async function readSymbolPositions(
  sources: Sources,
  symbol: SymbolName,
  page: Page,
): Promise<PositionsAnswer | null> {
  const held = await sources.rooms.hostOf(symbol).positions(symbol);
  if (held === null) return null;
  if (held.isCut) return storedPositions(sources, symbol, page);
  return { symbol, cursor: held.cursor, ...pageOf(held.positions, page) };
}

async function storedPositions(
  { rooms, db, correlationId }: Sources,
  symbol: SymbolName,
  { after, limit }: Page,
): Promise<PositionsAnswer> {
  const { storedThrough, cursor, events } = await readTail(rooms, symbol);
  const tail = events.flatMap(({ event }) => (event.kind === "position" ? [event] : []));
  const { positions, accounts } = await readPositions(
    db,
    { symbol, storedThrough, tailCursor: cursor, tail, after, limit: limit + 1 },
    correlationId,
  );
  return { symbol, cursor, accounts, ...cut(positions, limit) };
}

function pageOf(positions: readonly PositionEvent[], { after, limit }: Page) {
  const sorted = [...positions].sort((a, b) => (accountOf(a) < accountOf(b) ? -1 : 1));
  const rest = sorted.filter((one) => after === null || accountOf(one) > after);
  return { accounts: positions.length, ...cut(rest, limit) };
}

/** The first `limit` of them; `next` is the `after` of the next page where there are more. */
function cut(positions: PositionEvent[], limit: number) {
  const shown = positions.slice(0, limit);
  const truncated = positions.length > limit;
  const last = shown.at(-1);
  return {
    positions: shown,
    truncated,
    ...(truncated && last !== undefined && { next: accountOf(last) }),
  };
}

function accountOf({ account }: PositionEvent): string {
  return account ?? "";
}
