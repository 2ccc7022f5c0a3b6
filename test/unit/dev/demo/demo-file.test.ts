import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tradesOfBar } from "../../../../dev/demo/files/csv-columns.ts";
import type { FileRow } from "../../../../dev/demo/files/file-row.ts";
import { pushFile } from "../../../../dev/demo/files/push-file.ts";
import { readFile } from "../../../../dev/demo/files/read-file.ts";
import { type IngestPath, RefusedError } from "../../../../dev/demo/push.ts";
import { tradePushSchema } from "../../../../src/protocol/events/event.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function read(name: string, text: string, symbol?: string): Promise<FileRow[]> {
  const file = join(folder, name);
  writeFileSync(file, text);
  const rows: FileRow[] = [];
  for await (const row of readFile({ onUnused: (names) => unused.push(...names) }, file, {
    symbol,
  })) {
    rows.push(row);
  }
  return rows;
}

let unused: string[] = [];

beforeEach(() => {
  unused = [];
});

describe("recorded CSV", () => {
  it("maps trades by the names of the columns, in any order and case, with empty cells left out", async () => {
    const rows = await read(
      "a.csv",
      "\uFEFFSide,Price,Symbol,size,ts,note\nBUY,1.5,X,2,1795000000000000,hi\n,2,Y,3,2026-11-23T08:00:00Z,\n",
    );
    expect(rows).toEqual([
      {
        line: 2,
        path: "/api/trades",
        event: { symbol: "X", price: 1.5, size: 2, side: "buy", ts: 1_795_000_000_000_000 },
      },
      {
        line: 3,
        path: "/api/trades",
        event: { symbol: "Y", price: 2, size: 3, ts: "2026-11-23T08:00:00Z" },
      },
    ]);
    expect(unused).toEqual(["note"]);
  });

  it("maps metrics with their labels", async () => {
    const [row] = await read("a.csv", 'metric,value,labels.host,time\ncpu,"1e2",a,2026-11-23\n');
    expect(row).toEqual({
      line: 2,
      path: "/api/metrics",
      event: { metric: "cpu", value: 100, labels: { host: "a" }, ts: "2026-11-23T00:00:00Z" },
    });
  });

  it("makes four trades of a bar, which make the same bar again", async () => {
    const rows = await read(
      "a.csv",
      "date,open,high,low,close,volume\n2000-01-03,2,4,1,3,11\n",
      "SPX",
    );
    const events = rows.map(({ event }) => tradePushSchema.parse(event));
    expect(events.map(({ price }) => price)).toEqual([2, 4, 1, 3]);
    expect(events.reduce((sum, { size }) => sum + size, 0)).toBe(11);
    const startUs = Date.UTC(2000, 0, 3) * 1_000;
    expect(events.map(({ ts }) => ts)).toEqual([0, 1_000, 2_000, 3_000].map((us) => startUs + us));
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
  });

  it.each([1, 3, 931_800_000, 5_792_140_001, 2 ** 53 - 1])(
    "the sizes of a bar of %d add up to it exactly",
    (volume) => {
      const sizes = tradesOfBar("X", 0, [1, 1, 1, 1], volume).map(
        (trade) => trade["size"] as number,
      );
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(volume);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(0);
    },
  );

  it.each([
    ["symbol,price,size\nX,1,2\nX,abc,3\n", 'line 3, column price: "abc" is not a number'],
    ["symbol,price,size\nX,,3\n", 'line 2, column price: "" is not a number'],
    ["symbol,Price,size\nX,Infinity,3\n", 'line 2, column Price: "Infinity" is not a number'],
    ["symbol,price,size\nX,1,2,3\n", "line 2"],
    ['symbol,price,size\n"X,1,2\n', "line"],
    ["a,b\n1,2\n", "line 1: the header names a, b"],
    ["symbol,price,Price,size\nX,1,2,3\n", "names price twice (price, Price)"],
    ["price,size\n1,2\n", "say which it is with --symbol"],
    ["symbol,date,open,high,low,close,volume\nX,yesterday,1,1,1,1,1\n", "line 2, column date"],
    [
      "symbol,date,open,high,low,close,volume\nX,2000-01-03 09:30:00,1,1,1,1,1\n",
      "RFC 3339 with an offset",
    ],
  ])("says where %j is wrong", async (text, words) => {
    await expect(read("a.csv", text)).rejects.toThrow(words);
  });

  it("reports a file that cannot be read", async () => {
    const rows = readFile({ onUnused: () => {} }, join(folder, "none.csv"), { symbol: undefined });
    await expect(rows.next()).rejects.toThrow("ENOENT");
  });
});

describe("recorded NDJSON", () => {
  it("takes metrics and trades by their kind or their fields, and skips blank lines", async () => {
    const rows = await read(
      "a.ndjson",
      '{"symbol":"X","price":1,"size":2}\n\n{"kind":"metric","metric":"m","value":1}\r\n{"price":3,"size":4}\n',
      "Z",
    );
    expect(rows).toEqual([
      { line: 1, path: "/api/trades", event: { symbol: "X", price: 1, size: 2 } },
      { line: 3, path: "/api/metrics", event: { metric: "m", value: 1, symbol: "Z" } },
      { line: 4, path: "/api/trades", event: { symbol: "Z", price: 3, size: 4 } },
    ]);
  });

  it("has lines that end at a line feed alone, whatever its texts hold", async () => {
    const labels = { note: "a\u2028b\u2029c\u0085d" };
    const point = { metric: "m", value: 1, labels };
    const text = `\uFEFF${JSON.stringify(point)}\n\uFEFF${JSON.stringify(point)}`;
    expect((await read("a.ndjson", text)).map(({ event }) => event)).toEqual([point, point]);
  });

  it.each([
    ['{"symbol":"X"}\n', "line 1: is neither a metric"],
    ['{"symbol":"X","price":1,"size":1}\n[1]\n', "line 2: is not a JSON object"],
    ['{"symbol":"X","price":1 "size":1}\n', "line 1, column 25"],
  ])("says where %j is wrong", async (text, words) => {
    await expect(read("a.ndjson", text)).rejects.toThrow(words);
  });
});

describe("pushing a file", () => {
  async function* rowsOf(count: number, path: (i: number) => IngestPath): AsyncGenerator<FileRow> {
    for (let i = 0; i < count; i += 1) yield { line: i + 2, path: path(i), event: { i } };
  }

  it("keeps the order of the rows over batches and kinds", async () => {
    const batches: { path: IngestPath; events: readonly object[] }[] = [];
    const push = async (path: IngestPath, events: readonly object[]) => {
      batches.push({ path, events });
    };
    const kind = (i: number) => (i < 2_500 ? "/api/trades" : "/api/metrics");
    const pushed = await pushFile({ push, onPushed: () => {} }, rowsOf(2_600, kind));
    expect(pushed).toBe(2_600);
    expect(batches.map(({ path, events }) => [path, events.length])).toEqual([
      ["/api/trades", 1_000],
      ["/api/trades", 1_000],
      ["/api/trades", 500],
      ["/api/metrics", 100],
    ]);
    const numbers = batches.flatMap(({ events }) =>
      events.map((event) => (event as { i: number }).i),
    );
    expect(numbers).toEqual(Array.from({ length: 2_600 }, (_, i) => i));
  });

  it("keeps a batch of long rows under what a request may hold", async () => {
    const sizes: number[] = [];
    const push = async (_: IngestPath, events: readonly object[]) => {
      sizes.push(JSON.stringify(events).length);
    };
    async function* long(): AsyncGenerator<FileRow> {
      for (let line = 2; line < 102; line += 1) {
        yield { line, path: "/api/metrics", event: { labels: "x".repeat(30_000) } };
      }
    }
    await pushFile({ push, onPushed: () => {} }, long());
    expect(Math.max(...sizes)).toBeLessThan(1_048_576);
  });

  it("says which line the server refused", async () => {
    const push = async (_: IngestPath, events: readonly object[]) => {
      if (events.length < 1_000) {
        throw new RefusedError("422", [{ path: "[3].price", message: "must be finite" }]);
      }
    };
    const run = pushFile(
      { push, onPushed: () => {} },
      rowsOf(1_010, () => "/api/trades"),
    );
    await expect(run).rejects.toThrow("line 1005, column price: must be finite");
  });
});
