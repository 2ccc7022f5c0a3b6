import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/first-edition", import.meta.url));

interface Page {
  events: { kind: string; ts: number; price?: number }[];
  cursor: number;
  complete: boolean;
  /** Distance of each frame's cursor from `cursor`, and its events. */
  frames?: [number, number][];
}
const expected = JSON.parse(readFileSync(join(FIXTURE, "expected.json"), "utf8")) as {
  requests: { route: string; body: string; key?: string }[];
  polls: Record<string, Page>;
};
const SYMBOLS = Object.keys(expected.polls);
const pageOf = (symbol: string) => expected.polls[symbol] ?? expect.fail(`no page of ${symbol}`);
const bought = (symbol: string) => pageOf(symbol).events.filter(({ kind }) => kind === "trade");

const folder = temporaryDataDir();
const objects = join(folder.dataDir, "objects");
let product: RunningProduct;

const filesOf = (className: string) =>
  readdirSync(join(objects, `edgetape-${className}`))
    .filter((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite")
    .map((file) => join(objects, `edgetape-${className}`, file));

beforeAll(async () => {
  rmSync(objects, { recursive: true, force: true });
  cpSync(join(FIXTURE, "objects"), objects, { recursive: true });
  // Keys are good for a day, and the folder was made long ago.
  for (const file of [...filesOf("Room"), ...filesOf("Keys")]) {
    const database = new DatabaseSync(file);
    database.prepare("UPDATE idempotency SET at = ?").run(BigInt(Date.now()) * 1_000n);
    database.close();
  }
  product = await start();
});
afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

/** Nothing of the folder is too old for it, whenever this runs. */
function start(): Promise<RunningProduct> {
  const environment = { KEEP_RAW_DAYS: "0", KEEP_MINUTES_DAYS: "0" };
  return startProduct({ dataDir: folder.dataDir, environment });
}

async function headers(): Promise<Record<string, string>> {
  const token = await product.token({ subject: "desk" });
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${product.url}${path}`, { headers: await headers() });
  return { status: response.status, text: await response.text() };
}

async function post(route: string, body: string, key?: string) {
  const response = await fetch(`${product.url}/api/${route}?wait=stored`, {
    method: "POST",
    headers: { ...(await headers()), ...(key !== undefined && { "idempotency-key": key }) },
    body,
  });
  return { status: response.status, text: await response.text() };
}

async function poll(symbol: string, since: number): Promise<Page> {
  let page: Page | undefined;
  await until(`the whole of ${symbol} behind ${since}`, async () => {
    const path = `/api/rooms/${encodeURIComponent(symbol)}/events?since=${since}&limit=1000`;
    const { status, text } = await get(path);
    if (status === 200) page = JSON.parse(text) as Page;
    return page?.complete === true;
  });
  return page ?? expect.fail("no page");
}

/** Cursor and number of events of each frame. */
function framesOf({ cursor, frames, events }: Page): [number, number][] {
  return (frames ?? [[0, events.length]]).map(([back, count]) => [cursor - back, count]);
}

async function exported(symbol: string, kind: string): Promise<{ ts: number; price?: number }[]> {
  const path = `/api/export?symbol=${encodeURIComponent(symbol)}&kind=${kind}&from=2026-11-26T00:00:00Z`;
  const { status, text } = await get(path);
  expect(status, text).toBe(200);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

it("INV-1 I-6 a batch that the first edition took is repeated in the new one, and changes nothing", async () => {
  const keyed = expected.requests.filter(({ key }) => key !== undefined);
  expect(keyed.length).toBe(4);
  // Before anything has been carried over: what rooms remember is asked for when it is needed.
  for (const { route, body, key } of keyed) {
    expect(await post(route, body, key)).toMatchObject({ status: 200 });
    const other = body.replace(/"ts":(\d+)/, '"ts":1$1'.replace("1$1", "1795600000000000"));
    expect(await post(route, other, key)).toMatchObject({ status: 422 });
  }
});

it("C-1 R-2 replays the first edition from the beginning and from an old cursor, each event once", async () => {
  for (const symbol of SYMBOLS) {
    const was = pageOf(symbol);
    const is = await poll(symbol, 0);
    // Of books Postgres keeps samples: the first edition's own log alone had the diffs.
    const isOfTape = ({ kind }: { kind: string }) => kind !== "book";
    expect(is.events.filter(isOfTape)).toEqual(was.events.filter(isOfTape));
    expect(is.cursor).toBeGreaterThanOrEqual(was.cursor);
    const [first, ...rest] = framesOf(was);
    const since = first?.[0] ?? 0;
    const later = await poll(symbol, since);
    expect(later.events.filter(isOfTape)).toEqual(was.events.slice(first?.[1]).filter(isOfTape));
    const known = new Map(rest);
    for (const [cursor, count] of framesOf(later)) {
      if (known.has(cursor)) expect(count).toBe(known.get(cursor));
    }
  }
});

it("shows what the first edition took in exports, history, series, positions, books and the list", async () => {
  for (const symbol of SYMBOLS) {
    expect(await exported(symbol, "trade")).toMatchObject(bought(symbol));
  }
  expect((await exported("BTC-USD", "metric")).length).toBe(7);
  const range = "from=2026-11-26T12:00:00Z&to=2026-11-26T14:00:00Z";
  const history = JSON.parse((await get(`/api/history/AAPL?interval=1m&${range}`)).text);
  const bars = history.bars as { trades: number }[];
  expect(bars.reduce((sum, { trades }) => sum + trades, 0)).toBe(bought("AAPL").length);
  const { text } = await get(`/api/series?symbol=BTC-USD&metric=edge_bps&agg=count&${range}`);
  expect(text).toContain('"strategy":"mm1"');
  const positions = JSON.parse((await get("/api/positions/AAPL")).text);
  expect(positions.positions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ account: "main", quantity: 12 }),
      expect.objectContaining({ account: "hedge", quantity: -4 }),
    ]),
  );
  expect((await get("/api/books/BTC-USD")).text).toContain("103");
  const { symbols } = JSON.parse((await get("/api/symbols")).text);
  expect(symbols).toEqual(
    expect.arrayContaining(SYMBOLS.map((symbol) => expect.objectContaining({ symbol }))),
  );
});

it("goes on behind the first edition's cursors, and leaves nothing of it", async () => {
  const pushed = await post("trades", JSON.stringify({ symbol: "NEW", price: 60, size: 1 }));
  expect(pushed.status).toBe(200);
  const page = await poll("NEW", pageOf("NEW").cursor);
  expect(page.events).toMatchObject([{ price: 60 }]);
  const rowsLeft = () =>
    filesOf("Room").filter((file) => {
      const database = new DatabaseSync(file, { readOnly: true });
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'log'").all();
      database.close();
      return tables.length > 0;
    });
  await expect.poll(rowsLeft).toEqual([]);
  expect(await product.stop()).toBe(0);
  product = await start();
  expect((await exported("NEW", "trade")).length).toBe(bought("NEW").length + 1);
});
