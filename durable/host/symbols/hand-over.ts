import type { HandedOver } from "../../../src/bindings/host.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import type { Registry, RoomRecord } from "../registry.ts";
import type { Predecessors } from "./predecessors.ts";

/** Whoever asks waits so long for Postgres, in ms, and asks again. */
const STORED_WITHIN_MS = 5_000;

export interface HandOverDeps {
  registry: Registry;
  isMine(symbol: SymbolName): boolean;
  bornNow(): Cursor;
  predecessors: Pick<Predecessors, "announce" | "tenureOf">;
  /** Cursor of the newest frame of a room. */
  headOf(record: RoomRecord): Cursor;
  untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean>;
  /** Its viewers come back, to the host that has the symbol now (close code 4000); polls that wait are answered. */
  closeViewers(record: RoomRecord): void;
}

/**
 * A symbol leaves this host: nothing more of it is appended (`moved`), and this ends when Postgres has all of it. `before`: number of the placement by which whoever asks has the symbol.
 */
export async function handOver(
  deps: HandOverDeps,
  symbol: SymbolName,
  before: number,
): Promise<HandedOver> {
  const { registry, isMine, bornNow, predecessors, headOf, untilStored, closeViewers } = deps;
  // Which of the two has the older settings, only the Keeper knows.
  if (!(await predecessors.announce())) return { kind: "not_yet" };
  const record = registry.find(symbol);
  if (record === undefined) {
    // Settings of a version before would place it here: it is written down that it has gone, so that none of them brings it.
    if (isMine(symbol)) seal(registry, registry.add(symbol, bornNow(), null));
    return { kind: "never_here" };
  }
  if ((predecessors.tenureOf(record.born) ?? 0) >= before) {
    // It has come back since: what is asked for is what it had before that.
    const isStored = await untilStored(record.before, STORED_WITHIN_MS);
    return isStored ? { kind: "handed_over", through: record.before } : { kind: "not_yet" };
  }
  if (!record.isSealed) {
    seal(registry, record);
    closeViewers(record);
  }
  const through = headOf(record);
  const isStored = await untilStored(through, STORED_WITHIN_MS);
  return isStored ? { kind: "handed_over", through } : { kind: "not_yet" };
}

function seal(registry: Registry, record: RoomRecord): void {
  record.isSealed = true;
  registry.save(record);
}
