import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LoopDisk } from "./chaos/loop-disk.ts";
import { Market, SYMBOLS } from "./chaos/market.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, startRefused } from "./product.ts";

const DISK_BYTES = 320_000_000;
const EVENTS_PER_SECOND = 150;
const ENVIRONMENT = { PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" };

const disk = LoopDisk.make(DISK_BYTES);

if (typeof disk === "string") {
  it.skip(`I-21 a full disk: this machine mounts no loop file (${disk})`, () => undefined);
} else {
  describe("a full disk under load", () => fillDisk(disk));
}

function fillDisk(disk: LoopDisk): void {
  const dataDir = join(disk.folder, "data");
  const filler = join(disk.folder, "filler");
  let product: RunningProduct;
  let market: Market;
  let token: string;

  afterAll(async () => {
    await market?.stop();
    await product?.killGroup();
    await disk.remove();
  });

  const pushed = async (symbol: string) => {
    const response = await fetch(`${product.url}/api/metrics`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": crypto.randomUUID(),
      },
      body: JSON.stringify({ symbol, metric: "filling", value: 1 }),
    });
    const { status, headers } = response;
    const { type = "", detail = "" } = (await response.json()) as Record<string, string>;
    return { status, type, detail, retryAfter: headers.get("retry-after") };
  };
  const ready = async () => {
    // Details are for who may read the machine, whoever may read the tape.
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${product.url}/readyz`, { headers });
    return (await response.json()) as { status: string; warnings: string[]; storage?: object };
  };
  const said = (event: string) => product.output.split(`"event":"${event}"`).length - 1;

  /** Takes all the room there is, and waits until a room has found none. */
  const fill = async () => {
    for (let bytes = 16 * 1024 * 1024; bytes >= 1024; bytes /= 4) {
      for (;;) {
        try {
          writeFileSync(filler, Buffer.alloc(bytes), { flag: "a" });
        } catch {
          break;
        }
      }
    }
    await until("a refusal", async () => (await pushed("FILLED")).status === 503);
  };

  it("I-21 INV-15 pushes are answered 503 and taken again when there is room; nothing acknowledged is lost, also by kill -9", async () => {
    const random = new SeededRandom(seedOfRun());
    product = await startProduct({ dataDir, environment: ENVIRONMENT });
    token = await product.token();
    market = new Market(() => product, token, random, EVENTS_PER_SECOND);
    market.load.start();
    const enough = () => market.ledger.count("acknowledged") + 200;
    let wanted = enough();
    await until("events", () => market.ledger.count("acknowledged") > wanted);

    await fill();
    for (const symbol of ["FILLED", "NEW"]) {
      expect(await pushed(symbol)).toMatchObject({
        ...{ status: 503, type: "urn:edgetape:problem:storage-full", retryAfter: "5" },
        detail: expect.stringContaining("make some"),
      });
    }
    const { status, warnings, storage } = await ready();
    expect({ status, warnings }).toMatchObject({
      status: "degraded",
      warnings: expect.arrayContaining(["storage_full"]),
    });
    expect(storage).toMatchObject({ reason: expect.stringContaining("make room") });
    const history = await fetch(`${product.url}/api/rooms/${SYMBOLS[0]}/events?since=0&limit=1`);
    expect(history.status).toBe(200);
    // What it says comes by another way than what it answers.
    await until("it to be said", () => said("storage_full") > 0);
    expect(said("storage_full")).toBe(1);
    const failures = product.output
      .split("\n")
      .filter((line) => line.includes('"event":"request_failed"'));
    expect(failures).toEqual([]);

    rmSync(filler);
    await until("a push taken again", async () => (await pushed("NEW")).status === 202);
    await until("it to be said", () => said("storage_has_room") > 0);
    expect(said("storage_has_room")).toBe(1);
    await until("all well", async () => !(await ready()).warnings.includes("storage_full"));
    wanted = enough();
    await until("events", () => market.ledger.count("acknowledged") > wanted);

    await fill();
    await product.killGroup();
    const refusal = await startRefused({ dataDir, environment: ENVIRONMENT });
    expect(refusal).toMatchObject({ code: 1, output: expect.stringContaining("make room for") });
    rmSync(filler);
    product = await startProduct({ dataDir, port: product.port, environment: ENVIRONMENT });
    wanted = enough();
    await until("events", () => market.ledger.count("acknowledged") > wanted);
    await market.settle();
    await market.untilStored();
    expect(await market.violations()).toEqual([]);
    console.log(market.summary());
  });
}
