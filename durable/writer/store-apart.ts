import type { StoreOutcome, StoreRequest, SymbolFrames } from "../../src/bindings/writer.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";

/** What one symbol has in a request. */
export interface RoomOfRequest {
  request: StoreRequest;
  room: SymbolFrames;
}

/** What becomes of frames that go together. */
export type Insert = (rooms: readonly RoomOfRequest[]) => Promise<WholeOutcome>;
export type WholeOutcome = Exclude<StoreOutcome, { kind: "partly" }>;

/**
 * Stores the requests together where that is possible. Where they are refused it stores either half of them, and so on down to
 * single symbols, so that only those wait that are at fault: one in a hundred costs some 14 statements. Where the database goes
 * away meanwhile nothing more is tried.
 *
 * @returns the outcome of each request, in their order.
 */
export async function storeApart(
  requests: readonly StoreRequest[],
  insert: Insert,
): Promise<StoreOutcome[]> {
  const all = requests.flatMap((request) => request.rooms.map((room) => ({ request, room })));
  const outcomes = new Map<RoomOfRequest, WholeOutcome>();
  let isAway = false;
  const store = async (rooms: readonly RoomOfRequest[]): Promise<void> => {
    const outcome: WholeOutcome = isAway ? { kind: "unavailable" } : await insert(rooms);
    const isOfSome = outcome.kind === "refused" || outcome.kind === "broken";
    if (isOfSome && rooms.length > 1) {
      const half = rooms.length >> 1;
      await store(rooms.slice(0, half));
      await store(rooms.slice(half));
      return;
    }
    isAway ||= outcome.kind === "unavailable";
    for (const one of rooms) outcomes.set(one, outcome);
  };
  await store(all);
  const byRequest = Map.groupBy(all, ({ request }) => request);
  return requests.map((request) =>
    together((byRequest.get(request) ?? []).map((one) => [one.room.symbol, outcomes.get(one)])),
  );
}

/** The outcome of a request, from those of its symbols. */
function together(
  symbols: readonly (readonly [SymbolName, WholeOutcome | undefined])[],
): StoreOutcome {
  let identity: string | null = null;
  let isSomeStored = symbols.length === 0;
  let failure: "refused" | "broken" = "refused";
  const refused: SymbolName[] = [];
  for (const [symbol, outcome] of symbols) {
    if (outcome === undefined) return { kind: "unavailable" };
    if (outcome.kind === "unavailable") return outcome;
    if (outcome.kind === "stored") {
      isSomeStored = true;
      identity ??= outcome.identity;
    } else {
      refused.push(symbol);
      failure = outcome.kind;
    }
  }
  if (refused.length === 0) return { kind: "stored", identity };
  return isSomeStored ? { kind: "partly", identity, refused } : { kind: failure };
}
