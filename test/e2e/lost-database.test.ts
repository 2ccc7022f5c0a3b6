import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Delivery } from "../../client/state.ts";
import { openTape } from "../../client/tape.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { StoredTape } from "./chaos/stored-tape.ts";
import { until } from "./chaos/until.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const SYMBOLS = ["GONE-A", "GONE/B"];
const EVENTS = 1_001;
const folder = temporaryDataDir();
const stored = new StoredTape(() => product);
let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
  // Of each symbol half of them, as the oldest and the newest.
  const items = Array.from({ length: EVENTS }, (_, at) => ({
    ...{ symbol: SYMBOLS[at % 2], metric: "m", value: at },
    ts: (Date.now() - 600_000) * 1_000 + at,
  }));
  const response = await fetch(`${product.url}/api/metrics?wait=stored`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(items),
  });
  expect(response.status).toBe(200);
  expect(await exported()).toBe(EVENTS);
});
afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

async function exported(): Promise<number> {
  const lines = await Promise.all(
    SYMBOLS.map(async (symbol) => {
      const query = new URLSearchParams({ symbol, kind: "metric" });
      const response = await fetch(`${product.url}/api/export?${query}`);
      return (await response.text()).split("\n").filter((line) => line !== "").length;
    }),
  );
  return lines.reduce((sum, count) => sum + count, 0);
}

const countStored = async () => {
  const counts = await Promise.all(SYMBOLS.map((symbol) => stored.count(symbol).catch(() => 0)));
  return counts.reduce((sum, count) => sum + count, 0);
};
const ready = async () => {
  const response = await fetch(`${product.url}/readyz`);
  return (await response.json()) as { warnings: string[]; replaced?: { rooms: number } };
};

it("S-8 C-6 rooms store again what they hold where the database's folder is gone, and it is said; whoever watches is in the same log", async () => {
  const got: number[] = [];
  const others: Delivery["type"][] = [];
  const tape = openTape({
    baseUrl: product.url,
    symbol: SYMBOLS[0] as string,
    since: 0 as Cursor,
    onDelivery(delivery) {
      if (delivery.type !== "events") others.push(delivery.type);
      else for (const event of delivery.events) if (event.kind === "metric") got.push(event.value);
    },
  });
  await until("the watcher to be live", async () => tape.status().kind === "live");
  const [cursor, log] = [tape.cursor(), tape.log()];
  expect((await ready()).warnings).not.toContain("database_replaced");
  expect(await product.stop()).toBe(0);
  rmSync(join(folder.dataDir, "postgres"), { recursive: true });
  const { port } = product;
  product = await startProduct({ dataDir: folder.dataDir, port });
  // Nobody asks for the symbols; and the first time it is ended in the midst of it.
  await until("a host to begin", async () => product.output.includes("host_stores_again"));
  await product.killGroup();
  product = await startProduct({ dataDir: folder.dataDir, port });
  await until("all of it in Postgres", async () => (await countStored()) === EVENTS);
  expect(await exported()).toBe(EVENTS);
  await until("the rooms counted", async () => ((await ready()).replaced?.rooms ?? 0) >= 2);
  const { warnings, replaced } = await ready();
  expect(warnings).toContain("database_replaced");
  expect(replaced).toMatchObject({ since: expect.any(Number), lost: null });
  expect(doctor()).toMatch(/replaced +since .* rooms store again what they hold; nothing is lost/);

  // The log has all that the database lost: it is the one that it was, and exact from any cursor of it.
  const expected = Array.from({ length: Math.ceil(EVENTS / 2) }, (_, at) => at * 2);
  await until("the watcher to be back", async () => tape.status().kind === "live");
  expect([tape.cursor(), tape.log()]).toEqual([cursor, log]);
  expect(got).toEqual(expected);
  expect(new Set(others)).toEqual(new Set(["caught_up"]));
  tape.close();
  const room = encodeURIComponent(SYMBOLS[0] as string);
  const path = `/api/rooms/${room}/events?limit=10000&since=0&log=${log}`;
  const page = (await (await fetch(`${product.url}${path}`)).json()) as {
    events: { value: number }[];
    complete: boolean;
    log: string;
  };
  expect(page).toMatchObject({ complete: true, log });
  expect(page.events.map(({ value }) => value)).toEqual(expected);
});

it("S-8 a backup that was put back gets what it lacks once it is given another identity", async () => {
  await stored.rows("delete from points", []);
  await stored.rows("delete from points_late", []);
  expect(await exported()).toBe(0);
  await stored.rows("update tape_state set identity = gen_random_uuid()", []);
  await ready();
  await until("all of it in Postgres", async () => (await countStored()) === EVENTS);
  expect(await exported()).toBe(EVENTS);
});

function doctor(): string {
  try {
    return execFileSync(process.execPath, ["dev/db-doctor.ts"], {
      cwd: PROJECT_DIR,
      env: { PATH: process.env["PATH"], DATA_DIR: folder.dataDir },
      encoding: "utf8",
    });
  } catch (error) {
    // It ends with 1 where not all is well.
    return String((error as { stdout?: unknown }).stdout);
  }
}
