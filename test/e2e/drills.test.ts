import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOfAlerts, hasPromtool, scrape, type Trend } from "./chaos/extrapolated.ts";
import { LoopDisk } from "./chaos/loop-disk.ts";
import { gone } from "./chaos/outage.ts";
import { runtimePids } from "./chaos/runtime-processes.ts";
import { StoredTape } from "./chaos/stored-tape.ts";
import { until } from "./chaos/until.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const DISK_BYTES = 400_000_000;
const GUIDE = readFileSync(join(PROJECT_DIR, "docs/guides/drills.md"), "utf8");
const TREND_MS = 1_200;

const disk = LoopDisk.make(DISK_BYTES);
const hasDisk = typeof disk !== "string";

/** docs/guides/drills.md, each of them done to one product. */
describe.runIf(process.platform === "linux")("an operator's drill", () => {
  const folder = hasDisk ? undefined : temporaryDataDir();
  const dataDir = hasDisk ? join(disk.folder, "data") : (folder?.dataDir ?? "");
  const stored = new StoredTape(() => product);
  const drills: { alert: string; calm: Trend; drill: Trend }[] = [];
  let product: RunningProduct;
  let token: string;
  let calm: Trend;

  beforeAll(async () => {
    product = await startProduct({
      dataDir,
      environment: { RUNTIMES: "2", ROOM_DEDICATED: "AHEAD" },
    });
    token = await product.token();
    // The Keeper has looked, and both runtimes have counted.
    await until("pushes", async () => (await push("CALM", 1)) === 202);
    calm = await trend(async () => void (await push("CALM", 1)));
  });
  afterAll(async () => {
    await product?.killGroup();
    folder?.remove();
    if (hasDisk) await disk.remove();
  });

  async function push(symbol: string, points: number): Promise<number> {
    const items = Array.from({ length: points }, (_, at) => {
      return { symbol, metric: "drill", value: at, ts: (Date.now() - 1_000) * 1_000 + at };
    });
    const answer = await fetch(`${product.url}/api/metrics`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(items),
    });
    await answer.text();
    return answer.status;
  }

  const look = () => scrape(product.url, token);
  const highest = async (series: RegExp) => {
    const { values } = await look();
    const found = [...values].filter(([name]) => series.test(name)).map(([, value]) => value);
    return Math.max(...found, Number.NEGATIVE_INFINITY);
  };

  /** What two scrapes show between which `run` goes on. */
  async function trend(run: () => Promise<void> = async () => undefined): Promise<Trend> {
    const from = await look();
    await Promise.all([run(), sleep(TREND_MS)]);
    return { from, to: await look() };
  }

  /** In these scrapes the alert is to fire, and in calm ones it is not. */
  function fires(alert: string, drill: Trend): void {
    expect(GUIDE, "docs/guides/drills.md names it").toContain(alert);
    drills.push({ alert, calm, drill });
  }

  it("a runtime that hangs and is killed", async () => {
    const pid = (await runtimePids(product, 2))[1] as number;
    const started = /^edgetape_first_scrape_seconds\{runtime="1"/;
    const before = await look();
    const beganAt = await highest(started);
    process.kill(pid, "SIGSTOP");
    let hung = before;
    try {
      // What the other runtime accepts is answered.
      await until("a runtime that does not answer", async () => {
        hung = await look();
        return [...hung.values].some(
          ([name, value]) => name.startsWith("edgetape_runtime_up") && value === 0,
        );
      });
    } finally {
      process.kill(pid, "SIGKILL");
    }
    await until("the runtime to begin anew", async () => (await highest(started)) > beganAt);
    fires("EdgetapeRuntimeDown", { from: hung, to: hung });
    fires("EdgetapeRuntimeRestarted", { from: before, to: await look() });
  });

  it("a database that is away", async () => {
    const bringBack = await gone(product);
    try {
      expect(await push("AWAY", 1)).toBe(202);
      await until("failures counted", async () => {
        return (await highest(/^edgetape_database_errors_total\{.*use="writer"/)) > 0;
      });
      await until("a wait", async () => (await highest(/^edgetape_outbox_age_seconds/)) > 0.5);
      const from = await look();
      const errors = await highest(/^edgetape_database_errors_total\{.*use="writer"/);
      await until("more of them", async () => {
        return (await highest(/^edgetape_database_errors_total\{.*use="writer"/)) > errors;
      });
      const drill = { from, to: await look() };
      fires("EdgetapeStoringBehind", drill);
      fires("EdgetapeDatabaseErrors", drill);
    } finally {
      bringBack();
    }
    await until("all stored", async () => (await highest(/^edgetape_outbox_bytes/)) === 0);
  });

  it.skipIf(!hasDisk)("a disk that is full", async () => {
    const filler = join((disk as LoopDisk).folder, "filler");
    fill(filler);
    await until("a refusal", async () => {
      fill(filler);
      return (await push("FULL", 1_000)) === 503;
    });
    const drill = await trend(async () => void (await push("FULL", 1)));
    const full = [...drill.to.values].filter(([name]) => /^edgetape_disk_full.*rooms/.test(name));
    expect(full.map(([, value]) => value)).toContain(1);
    fires("EdgetapeDiskFull", drill);
    fires("EdgetapeRefusingPushes", drill);
    rmSync(filler);
    await until("a push taken", async () => (await push("FULL", 1)) === 202);
    await until("all stored", async () => (await highest(/^edgetape_outbox_bytes/)) === 0);
  });

  it("a symbol that floods, which the query of the guide names", async () => {
    const drill = await trend(async () => {
      for (let at = 0; at < 4; at += 1) expect(await push("FLOOD", 5_000)).toBe(202);
    });
    fires("EdgetapeFlood", drill);
    await until("all stored", async () => (await highest(/^edgetape_outbox_bytes/)) === 0);
    const query = /```sql\n([\s\S]*?)```/.exec(GUIDE)?.[1] ?? expect.fail("no query");
    const [first] = await stored.rows(query, []);
    expect(first?.[0]).toBe("FLOOD");
  });

  it("a clock that was set back", async () => {
    // What a product has stored whose clock was an hour ahead; a host of its own has not met the symbol yet.
    await stored.rows("insert into symbols (symbol) values ('AHEAD')", []);
    await stored.rows(
      `insert into trades_live (ts, price, size, cursor, symbol_id, ordinal)
       select now(), 1, 1, $1::bigint, id, 0 from symbols where symbol = 'AHEAD'`,
      [String((Date.now() + 3_600_000) * 1_000)],
    );
    expect(await push("AHEAD", 1)).toBe(202);
    await until("the clock to be behind", async () => {
      return (await highest(/^edgetape_clock_behind_seconds/)) > 3_000;
    });
    const now = await look();
    fires("EdgetapeClock", { from: now, to: now });
  });

  it.skipIf(!hasPromtool)(
    "has each of them fire its alert, and none of those while all is calm",
    () => {
      expect(drills.length).toBeGreaterThan(4);
      expect(faultsOfAlerts(drills)).toBe("");
    },
  );
});

/** Takes all the room there is. */
function fill(path: string): void {
  for (let bytes = 16 * 1024 * 1024; bytes >= 1024; bytes /= 4) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes, 1), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}
