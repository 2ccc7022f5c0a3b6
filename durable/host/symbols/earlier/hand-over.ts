import type { HandedOver } from "../../../../src/bindings/host.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../../src/protocol/words/time.ts";
import type { RoomId } from "../../log/host-log.ts";
import type { Registry } from "../../registry.ts";
import type { RoomRecord } from "../../room-record.ts";
import type { Predecessors } from "./predecessors.ts";

/** Whoever asks waits so long for Postgres, in ms, and asks again. */
const STORED_WITHIN_MS = 5_000;

export interface HandOverDeps {
  registry: Registry;
  /** The log that the symbol was in. */
  logId: LogId;
  isMine(symbol: SymbolName): boolean;
  bornNow(): Cursor;
  predecessors: Pick<Predecessors, "announce" | "numberOf">;
  /** The symbol was elsewhere, and this host has not heard of it till now: what it had of it before that is one thing, what comes another. */
  comesBack(record: RoomRecord, before: number): void;
  /** Does the room know what was before it? Waits for it, for a while. */
  isKnown(record: RoomRecord): Promise<boolean>;
  /** The symbol is elsewhere from now on. */
  left(symbol: SymbolName): void;
  /** Cursor of the newest frame of these rooms; 0 where they have none. */
  headOf(rooms: readonly RoomId[]): Cursor;
  untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean>;
  /** A last sample of its book is appended; its viewers come back, to the host that has the symbol now (close code 4000). */
  dismiss(record: RoomRecord): void;
}

/**
 * A symbol leaves this host: nothing more of it is appended (`moved`), and this ends when Postgres has all of it.
 *
 * `before`: number of the placement by which whoever asks has the symbol. `isYours`: by the newest settings it is here again, and
 * who asks has a rest of it.
 */
export async function handOver(
  deps: HandOverDeps,
  symbol: SymbolName,
  before: number,
  isYours: boolean,
): Promise<HandedOver> {
  const { registry, isMine, bornNow, predecessors, comesBack, isKnown, headOf, dismiss, left } =
    deps;
  // Which of the two has the older settings, only the Keeper knows.
  if (!(await predecessors.announce())) return { kind: "not_yet" };
  const record = registry.find(symbol);
  if (record === undefined) {
    // Settings of a version before would place it here: it is written down that it has gone, so that none of them brings it.
    if (isMine(symbol) && !isYours) registry.seal(registry.add(symbol, bornNow(), null));
    return { kind: "never_here" };
  }
  const hadBefore = () => {
    const { tenure } = registry.find(symbol) ?? record;
    return (predecessors.numberOf(tenure) ?? 0) < before;
  };
  if (isYours && hadBefore()) {
    // One without a frame may hold nobody up, and begins anew as well: else it would never ask who asks now.
    const isWaiting = record.pending === "place" && headOf([record.id]) !== CURSOR_ORIGIN;
    if (isWaiting) return { kind: "not_yet" };
    comesBack(record, before);
    if (!(await predecessors.announce()) || hadBefore()) return { kind: "not_yet" };
  }
  const former = registry.formerOf(symbol);
  // Viewers may have been told of a head where there is no frame, or none any more.
  const toldOf = (rooms: readonly RoomId[]) => {
    const known = rooms.map((id) => registry.byId(id)).filter(({ pending }) => pending !== "place");
    return Math.max(CURSOR_ORIGIN, ...known.flatMap((one) => [one.born, one.before])) as Cursor;
  };
  // Where it has come back since, what is asked for is what it had before that.
  if (!hadBefore()) {
    const [head, told] = [headOf(former), toldOf(former)];
    const isNothing = head === CURSOR_ORIGIN && told === CURSOR_ORIGIN;
    return isNothing ? { kind: "never_here" } : stored(deps, head, told);
  }
  if (!record.isSealed) {
    registry.seal(record);
    left(symbol);
  }
  // Only who knows what was before knows the book. It is asked for at each call, for the host may have died after it was sealed.
  if (record.pending !== null && !(await isKnown(record))) return { kind: "not_yet" };
  dismiss(record);
  return stored(deps, headOf([...former, record.id]), toldOf([record.id]));
}

async function stored(
  { untilStored, logId: log }: HandOverDeps,
  head: Cursor,
  told: Cursor,
): Promise<HandedOver> {
  const isStored = await untilStored(head, STORED_WITHIN_MS);
  const through = Math.max(head, told) as Cursor;
  return isStored ? { kind: "handed_over", through, log } : { kind: "not_yet" };
}
