import { expect } from "vitest";
import type { SymbolSummary } from "../../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { KEEPING, WINDOW_BYTES } from "../host-world.ts";
import { type ModelHosts, SYMBOLS } from "./hosts.ts";
import { poll } from "./reads.ts";
import { bookOf, type TapeEntry } from "./tape.ts";
import { leave } from "./viewing.ts";

/** A frame of fifty events of the model, which may be longer than joined frames are. */
const LONGEST_MESSAGE = 8_000;

/** Lets everything get better that can, and looks whether all is well then. */
export async function checkAtRest(hosts: ModelHosts): Promise<void> {
  hosts.throwFailures();
  await comeToRest(hosts);
  hosts.throwFailures();
  checkAfterRest(hosts);
  await checkVolumes(hosts);
}

/** I-7: a repeat that a room did not know counts until Postgres has told, and somebody has asked. */
async function checkVolumes(hosts: ModelHosts): Promise<void> {
  for (const symbol of SYMBOLS) await lineOf(hosts, symbol);
  await hosts.pass(16_000);
  for (const symbol of SYMBOLS) {
    const { tape } = hosts.room(symbol);
    const volume = tape.dayVolume();
    if (volume === null) continue;
    const line = await lineOf(hosts, symbol);
    expect([line?.volume, line?.last]).toEqual([volume, tape.lastPrice()]);
  }
}

/** The line of a symbol in the list of all. */
async function lineOf(hosts: ModelHosts, symbol: SymbolName): Promise<SymbolSummary | undefined> {
  const { symbols } = await hosts.until(hosts.hostOf(symbol).core.list());
  return symbols.find((line) => line.symbol === symbol);
}

/** Everything that can get better does; whoever acknowledges at all goes on to do so when it is due, and no sooner. */
async function comeToRest(hosts: ModelHosts): Promise<void> {
  hosts.wire.mode = "well";
  await hosts.setPostgres("up");
  await hosts.refuse(null);
  hosts.seats.lazy.clear();
  await hosts.meetDatabase();
  for (const [index, viewer] of hosts.seats.viewers.entries()) {
    if (viewer.state === "broken") await leave(hosts, index);
  }
  // Whatever the clock was turned back by: nothing waits for it (C-1).
  for (let round = 0; round < 60; round += 1) await hosts.pass(16_000);
  hosts.throwFailures();
  for (const symbol of SYMBOLS)
    await poll(hosts, symbol, { fromOrigin: false, limit: 100_000, waitMs: 0 });
  // A room that nobody had asked for since it moved may have found that something changed.
  await hosts.pass(16_000);
}

/** What must be true once everything that can get better has. */
function checkAfterRest(hosts: ModelHosts): void {
  for (const viewer of hosts.seats.open) {
    expect(viewer.isLive).toBe(true);
    expect(viewer.hasAll).toBe(true);
  }
  for (const symbol of SYMBOLS) {
    // INV-1, INV-6: all of it is in Postgres, once.
    expect(stored(hosts, symbol)).toEqual(kept(hosts, symbol));
    const { alerts, tape } = hosts.room(symbol);
    alerts.check(tape);
    // D-5: whatever died in between, the last state of the book is a sample.
    const books = booksOf(hosts, symbol);
    if (books !== null) expect(books.sampled).toEqual(books.current);
  }
  // INV-5: the window, the page or message that went over it, and the grain of what sleep remembers.
  const bound = WINDOW_BYTES * 1.25 + LONGEST_MESSAGE;
  for (const viewer of hosts.seats.viewers) expect(viewer.mostUnackedBytes).toBeLessThan(bound);
  // A log is what it keeps, and the generation that goes next.
  for (const events of hosts.logEvents) {
    expect(events).toBeLessThanOrEqual(KEEPING.events * 1.25 + hosts.disks.longestRow);
  }
}

/** What Postgres has of a symbol. */
function stored(hosts: ModelHosts, symbol: SymbolName): unknown[] {
  return hosts.postgres.rowsOf(symbol).map(plain);
}

/** What Postgres should have of it. */
function kept(hosts: ModelHosts, symbol: SymbolName): unknown[] {
  const placeOf = ({ cursor, ordinal }: Pick<TapeEntry, "cursor" | "ordinal">) =>
    `${cursor}/${ordinal}`;
  const places = new Set(hosts.postgres.rowsOf(symbol).map(placeOf));
  return hosts
    .room(symbol)
    .tape.kept((entry) => places.has(placeOf(entry)))
    .map(plain);
}

/** The book as the newest sample in Postgres has it, and as it is; null where another database lacks that sample. */
function booksOf(
  hosts: ModelHosts,
  symbol: SymbolName,
): { sampled: unknown; current: unknown } | null {
  const { tape } = hosts.room(symbol);
  if (tape.entries.findLast(({ event }) => event.kind === "book")?.isLost) return null;
  // A posted snapshot may have its levels in any order: it is read as everybody reads it.
  return {
    sampled: bookOf(hosts.postgres.rowsOf(symbol).map(({ event }) => event)),
    current: bookOf(tape.events(tape.entries.length)),
  };
}

function plain({ cursor, ordinal, event }: Pick<TapeEntry, "cursor" | "ordinal" | "event">) {
  return { cursor, ordinal, event };
}
