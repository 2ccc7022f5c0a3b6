import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Market } from "./chaos/market.ts";
import { WebhookReceiver } from "./chaos/receiver.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const CYCLES = Number(process.env["CHAOS_CYCLES"] ?? 5);
const EVENTS_PER_SECOND = 500;
/** Time under load before each kill, in ms. */
const LOAD_MS = { from: 50, to: 2_000 };
const ENVIRONMENT = {
  ...{ PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" },
  ALLOWED_WEBHOOK_HOSTS: "127.0.0.1",
};
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("kill -9 of the whole process group under load", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;
  let market: Market;
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    folder = temporaryDataDir();
    product = await startProduct({ dataDir: folder.dataDir, environment: ENVIRONMENT });
  });

  afterEach(async () => {
    receiver?.close();
    await market?.stop();
    await product.killGroup();
    folder.remove();
  });

  async function ask(method: string, path: string, body: object): Promise<void> {
    const headers = {
      ...{ authorization: `Bearer ${await product.token()}`, "content-type": "application/json" },
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    };
    const answer = await fetch(product.url + path, { method, headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.text()).toBe(true);
  }

  /** Names of the rules by which something is so now. */
  async function active(): Promise<string[]> {
    const answer = await fetch(`${product.url}/api/alerts`);
    const { alerts } = (await answer.json()) as { alerts: { rule: string }[] };
    return alerts.map(({ rule }) => rule);
  }

  /** An alert fires, and who is told of it hangs. */
  async function beginTelling(): Promise<void> {
    receiver = new WebhookReceiver(SECRET);
    const url = await receiver.listen();
    await ask("PUT", "/api/alerts/webhooks/desk", { url, secret: SECRET });
    // A rule that comes upon a price alerts without a push, so without its trace: another one says that they have come.
    const on = { symbols: "ALERTED", on: { price: "last" } };
    const arrived = { name: "arrived", ...on, condition: { below: 100 }, webhooks: [] };
    const high = { name: "high", ...on, condition: { above: 100 } };
    await ask("POST", "/api/trades", { symbol: "ALERTED", price: 99, size: 1 });
    await ask("PUT", "/api/alerts/rules", [arrived, high]);
    await until("the rules are known", async () => (await active()).includes("arrived"));
    await ask("POST", "/api/trades", { symbol: "ALERTED", price: 101, size: 1 });
    await until("somebody is told", () => receiver.received.length > 0);
  }

  it(
    `WH-4 INV-1 INV-2 INV-6 every acknowledged event is stored once and shown once, and an alert is told, over ${CYCLES} kills`,
    async () => {
      const seed = seedOfRun();
      const random = new SeededRandom(seed);
      console.log(`SEED=${seed} CHAOS_CYCLES=${CYCLES}`);
      market = new Market(() => product, await product.token(), random, EVENTS_PER_SECOND);
      await beginTelling();
      market.load.start();
      for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
        const loadMs = random.integer(LOAD_MS.from, LOAD_MS.to);
        // Producers that go on meet a product which is still starting; a pause leaves the outbox to the rooms' alarms.
        const isPaused = random.next() < 0.5;
        await sleep(loadMs);
        await product.killGroup();
        if (isPaused) market.load.pause();
        const killedMs = performance.now();
        product = await startProduct({
          dataDir: folder.dataDir,
          port: product.port,
          environment: ENVIRONMENT,
        });
        const backMs = performance.now();
        await market.untilStored();
        const storedMs = performance.now();
        await until("viewers connected again", () =>
          [...market.sockets.values()].every((viewer) => viewer.isOpen),
        );
        console.log(
          `kill ${cycle}: after ${loadMs} ms of load${isPaused ? ", then a pause" : ""}; back in ${Math.round(backMs - killedMs)} ms, all acknowledged events stored ${Math.round(storedMs - backMs)} ms later`,
        );
        if (isPaused) market.load.start();
      }
      await market.settle();
      expect(await market.violations()).toEqual([]);
      receiver.isTaking = true;
      const firing = () => receiver.received.filter(({ type }) => type === "alert.firing");
      const before = firing().length;
      // Who tries it need not wait until it is tried again.
      await ask("POST", "/api/alerts/webhooks/desk/test", {});
      await until("it is told again", () => firing().length > before);
      const [first] = receiver.received;
      for (const each of firing()) {
        expect(each).toMatchObject({ id: first?.id, symbol: "ALERTED", isSigned: true });
        expect(each.headers["traceparent"]).toContain(TRACE);
      }
      console.log(market.summary());
    },
    120_000 + CYCLES * 60_000,
  );
});
