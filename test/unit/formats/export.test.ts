import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { describe, expect, it } from "vitest";
import { columnsOf } from "../../../src/formats/export/columns.ts";
import { type ExportFormat, exportEncoder } from "../../../src/formats/export/encodings.ts";
import { eventSchema, type TapeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { anySymbol } from "../../any-symbol.ts";

const ACME = "ACME" as SymbolName;
const at = (us: number) => us as EpochUs;
const TS = at(1_795_422_741_819_001);

const TRADES: TapeEvent[] = [
  { kind: "trade", ts: TS, price: 101.25, size: 20, side: "buy", id: "1", venue: "xnas" },
  { kind: "trade", ts: at(-90_000_000_000_001), price: -1e-7, size: 0 },
  {
    kind: "trade",
    ts: at(5),
    price: 0.1 + 0.2,
    size: 2 ** 53,
    id: '=1+1,"a"\r\nb\n',
    venue: " é漢🙂 ",
  },
];

/** All pages and the end, as one answer has them. */
function written(
  format: ExportFormat,
  pages: readonly (readonly TapeEvent[])[],
  kind: TapeEvent["kind"] = "trade",
  symbol = ACME,
): Uint8Array<ArrayBuffer> {
  const encoder = exportEncoder(format, symbol, kind);
  const parts = [...pages.map((page) => encoder.page(page)), encoder.end()];
  return new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
}

function csvRecords(bytes: Uint8Array): Record<string, string>[] {
  return parse(Buffer.from(bytes), { columns: true, record_delimiter: "\r\n" });
}

function parquetRows(bytes: Uint8Array<ArrayBuffer>): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: bytes.buffer });
}

describe("an export as CSV", () => {
  it("has a header, times to the microsecond, and each value as it is", () => {
    const text = Buffer.from(written("csv", [TRADES])).toString();
    expect(text).toBe(
      [
        "ts,symbol,price,size,side,id,venue",
        "2026-11-23T08:32:21.819001Z,ACME,101.25,20,buy,1,xnas",
        "1967-02-24T07:59:59.999999Z,ACME,-1e-7,0,,,",
        '1970-01-01T00:00:00.000005Z,ACME,0.30000000000000004,9007199254740992,,"=1+1,""a""\r\nb\n"," é漢🙂 "',
        "",
      ].join("\r\n"),
    );
  });

  it("is its header where there is nothing", () => {
    expect(Buffer.from(written("csv", [], "position")).toString()).toBe(
      "ts,symbol,quantity,avg_price,account\r\n",
    );
  });

  it("comes back as it went, whatever symbol and text", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => one.isWellFormed());
    const metric = fc.record({ metric: text, value: fc.double({ noNaN: true }), label: text });
    fc.assert(
      fc.property(anySymbol, fc.array(metric, { minLength: 1 }), (symbol, points) => {
        const events = points.map(({ metric, value, label }): TapeEvent => {
          return { kind: "metric", ts: TS, metric, value, labels: { [label]: label } };
        });
        const records = csvRecords(written("csv", [events], "metric", symbol as SymbolName));
        expect(records.map((one) => ({ ...one, value: Number(one["value"]) }))).toEqual(
          points.map(({ metric, value, label }) => ({
            ...{ ts: "2026-11-23T08:32:21.819001Z", symbol, metric, value: value + 0 },
            labels: JSON.stringify({ [label]: label }),
          })),
        );
      }),
    );
  });
});

describe("an export as Parquet", () => {
  it("has every value exactly, null where there is none, and times as UTC microseconds", async () => {
    const bytes = written("parquet", [TRADES.slice(0, 1), TRADES.slice(1)]);
    expect(parquetMetadata(bytes.buffer).row_groups.map(({ num_rows }) => num_rows)).toEqual([
      1n,
      2n,
    ]);
    const rows = await parquetRows(bytes);
    // Readers make dates of times, which end at milliseconds.
    const raw = await parquetReadObjects({
      file: bytes.buffer,
      parsers: { timestampFromMicroseconds: (us: bigint) => us } as never,
    });
    expect(raw.map(({ ts }) => ts)).toEqual(TRADES.map(({ ts }) => BigInt(ts)));
    expect(rows[0]?.["ts"]).toEqual(new Date("2026-11-23T08:32:21.819Z"));
    expect(rows.map(({ ts: _, ...rest }) => rest)).toEqual([
      { symbol: ACME, price: 101.25, size: 20, side: "buy", id: "1", venue: "xnas" },
      { symbol: ACME, price: -1e-7, size: 0, side: null, id: null, venue: null },
      {
        ...{ symbol: ACME, price: 0.1 + 0.2, size: 2 ** 53, side: null },
        ...{ id: '=1+1,"a"\r\nb\n', venue: " é漢🙂 " },
      },
    ]);
  });

  it("has books with levels, and counts of 63 bits with all their digits", async () => {
    const book: TapeEvent = {
      ...{ kind: "book", ts: TS, type: "snapshot", sampled: true, seq: "9223372036854775807" },
      bids: [[0.1, 5]],
      asks: [],
    };
    const bytes = written("parquet", [[book, { ...book, seq: 7 }]], "book");
    expect(await parquetRows(bytes)).toMatchObject([
      {
        seq: 9_223_372_036_854_775_807n,
        bids: [[0.1, 5]],
        asks: [],
        sampled: true,
        type: "snapshot",
      },
      { seq: 7n },
    ]);
    expect(csvRecords(written("csv", [[book]], "book"))).toMatchObject([
      { seq: "9223372036854775807", bids: "[[0.1,5]]", asks: "[]", sampled: "true" },
    ]);
  });

  it("is a file without rows where there is nothing", async () => {
    const bytes = written("parquet", [], "metric");
    expect(await parquetRows(bytes)).toEqual([]);
    const { children } = parquetSchema(parquetMetadata(bytes.buffer));
    expect(children.map(({ element }) => element.name)).toEqual([
      ...["ts", "symbol", "metric", "value", "labels"],
    ]);
  });

  it("holds no more than a page: what a part takes does not grow with those before", () => {
    const encoder = exportEncoder("parquet", ACME, "trade");
    const page = Array.from({ length: 1_000 }, (_, i): TapeEvent => {
      return { kind: "trade", ts: at(TS + i), price: i / 7, size: i };
    });
    const lengths = Array.from({ length: 50 }, () => encoder.page(page).length);
    expect(Math.max(...lengths.slice(1))).toBe(Math.min(...lengths.slice(1)));
  });
});

it("every kind of event has columns, each of a type that its schema has", () => {
  const types = eventSchema.options.map(({ shape }) => {
    const columns = columnsOf(shape.kind.value);
    return [shape.kind.value, columns.map(({ name, type }) => `${name}:${type}`).join(" ")];
  });
  expect(Object.fromEntries(types)).toMatchObject({
    metric: "ts:time symbol:text metric:text value:number labels:json",
    trade: "ts:time symbol:text price:number size:number side:text id:text venue:text",
    position: "ts:time symbol:text quantity:number avg_price:number account:text",
    book: "ts:time symbol:text type:text bids:json asks:json seq:integer sampled:flag",
  });
});
