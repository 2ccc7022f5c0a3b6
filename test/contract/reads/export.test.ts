import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalLabels } from "../../../src/core/events/labels.ts";
import { noteKey } from "../../../src/core/events/note-key.ts";
import { stateKey } from "../../../src/core/orders/order-state.ts";
import type { ExportQuery } from "../../../src/db/events/export-query.ts";
import { readExport } from "../../../src/db/events/read-export.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { anyFrames, survivorsOf } from "../any-frames.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, NOON_US, room } from "../events.ts";

const SECOND = 1_000_000;

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const nameOf = (event: TapeEvent) => {
  switch (event.kind) {
    case "metric":
      return `${event.ts} ${event.metric} ${canonicalLabels(event.labels)}`;
    case "position":
      return `${event.ts} ${event.account ?? ""}`;
    case "order":
      return stateKey(event);
    case "note":
      return noteKey(event);
    default:
      return "";
  }
};

describe.each(testDatabaseKinds())("an export on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  async function pagesOf(query: ExportQuery): Promise<TapeEvent[][]> {
    const pages: TapeEvent[][] = [];
    for await (const page of readExport(database.db, query)) pages.push(page);
    return pages;
  }

  it("INV-3 INV-9 has every event once, by time, whatever the pages and wherever the tail begins", async () => {
    const asked = fc.record({
      frames: anyFrames,
      stored: fc.nat(12),
      tailed: fc.nat(12),
      // The rest may be stored while the export runs.
      isOvertaken: fc.boolean(),
      kind: fc.constantFrom(
        "metric" as const,
        "trade" as const,
        "position" as const,
        "book" as const,
        "order" as const,
        "note" as const,
        "log" as const,
        "alert" as const,
      ),
      metric: fc.constantFrom(undefined, "m", "n'"),
      pageRows: fc.integer({ min: 1, max: 7 }),
      from: fc.nat(2),
      length: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ frames, stored, tailed, isOvertaken, ...rest }) => {
        const symbol = freshSymbol();
        const before = frames.slice(0, stored);
        const known = frames.slice(0, stored + tailed);
        const rows = isOvertaken ? frames : before;
        if (rows.length > 0) await storeFrames(database.db, [room(symbol, ...rows)], ids);
        const { kind, metric: name, pageRows } = rest;
        const fromUs = at(NOON_US + rest.from);
        const toUs = at(fromUs + rest.length);
        const pages = await pagesOf({
          ...{ symbol, kind, metric: kind === "metric" ? name : undefined },
          ...{ fromUs, toUs, pageRows },
          storedThrough: before.at(-1)?.cursor ?? cursorAt(0),
          tailCursor: known.at(-1)?.cursor ?? cursorAt(0),
          tail: known
            .slice(stored)
            .flatMap(({ cursor, events }) => events.map((event) => ({ cursor, event }))),
        });
        const isReplaced =
          kind !== "trade" && kind !== "book" && kind !== "log" && kind !== "alert";
        // Points that were stored meanwhile count: each may have replaced one that was there.
        const counted = isOvertaken && isReplaced ? frames : known;
        const wanted = survivorsOf(counted)
          .flatMap(({ events }) => events)
          .filter((event) => event.kind === kind && event.ts >= fromUs && event.ts < toUs)
          .filter((event) => event.kind !== "metric" || !name || event.metric === name)
          .sort((a, b) => a.ts - b.ts);
        const found = pages.flat();
        expect(pages.every((page) => page.length > 0)).toBe(true);
        expect(found.map(({ ts }) => ts)).toEqual(wanted.map(({ ts }) => ts));
        // Trades of one moment are in the order of the log; of the others none of one moment have a name in common.
        const named = (events: TapeEvent[]) =>
          events.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
        if (!isReplaced) expect(found).toEqual(wanted);
        else expect(named(found)).toEqual(named(wanted));
      }),
      { numRuns: 150 },
    );
  });

  it("reads a busy series among many idle ones in pages that are full, and none larger than asked for", async () => {
    const symbol = freshSymbol();
    const idle = Array.from({ length: 40 }, (_, i) => metric("m", NOON_US, i, { v: `${i}` }));
    const busy = Array.from({ length: 2_000 }, (_, i) =>
      metric("m", NOON_US + (i + 1) * SECOND, i, { v: "busy" }),
    );
    await storeFrames(database.db, [room(symbol, frame(1, ...idle), frame(2, ...busy))], ids);
    const pages = await pagesOf({
      ...{ symbol, kind: "metric", pageRows: 100 },
      ...{ fromUs: at(NOON_US), toUs: at(NOON_US + 3_000 * SECOND) },
      ...{ storedThrough: cursorAt(2), tailCursor: cursorAt(2), tail: [] },
    });
    expect(pages.flat()).toHaveLength(2_040);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(100);
    expect(pages.length).toBeLessThan(50);
  });
});
