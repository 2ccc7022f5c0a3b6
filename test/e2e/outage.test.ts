import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Market, WATCHED } from "./chaos/market.ts";
import { frozen, gone, hung, type Outage } from "./chaos/outage.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const OUTAGE_SECONDS = Number(process.env["OUTAGE_SECONDS"] ?? 8);
const EVENTS_PER_SECOND = 500;
const OUTAGES: [how: string, outage: Outage][] = [
  ["hangs", hung],
  ["is gone", gone],
];
if (process.platform === "linux") OUTAGES.push(["has processes that stand still", frozen]);
/** Load before the outage and after it, in ms. */
const AROUND_MS = 1_000;
const TEST_TIMEOUT_MS = 240_000 + OUTAGE_SECONDS * 2_000;

describe("a database that is away under load", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;
  let market: Market;
  let bringBack: () => void = () => {};

  beforeEach(() => {
    folder = temporaryDataDir();
  });

  afterEach(async () => {
    bringBack();
    bringBack = () => {};
    await market.stop();
    await product.killGroup();
    folder.remove();
  });

  async function open(limits: Record<string, string> = {}) {
    const seed = seedOfRun();
    console.log(`SEED=${seed} OUTAGE_SECONDS=${OUTAGE_SECONDS}`);
    product = await startProduct({
      dataDir: folder.dataDir,
      environment: {
        ...{ PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" },
        ...{ LIMIT_QUERIES: "0", LIMIT_QUERIES_PER_READER: "0" },
        ...limits,
      },
    });
    const token = await product.token();
    market = new Market(() => product, token, new SeededRandom(seed), EVENTS_PER_SECOND);
    market.load.start();
    await sleep(AROUND_MS);
    await until("an acknowledgement", () => market.ledger.acknowledged(WATCHED[0]).length > 0);
    await everyAcknowledgedEventIsShown();
  }

  async function takeAway(outage: Outage): Promise<void> {
    const undo = await outage(product);
    bringBack = () => {
      bringBack = () => {};
      undo();
    };
    console.log(`before: ${market.summary()}`);
    market.ledger.ackMs.length = 0;
  }

  async function everyAcknowledgedEventIsShown(): Promise<void> {
    for (const symbol of WATCHED) {
      const acknowledged = market.ledger.acknowledged(symbol);
      for (const viewer of [market.sockets.get(symbol), market.pollers.get(symbol)]) {
        await until(`acknowledged events of ${symbol} at a viewer`, () => {
          const seen = new Set(viewer?.seen);
          return acknowledged.every((number) => seen.has(number));
        });
      }
    }
  }

  /** Those that need Postgres are refused in words, and none is held for minutes. */
  async function readsAreRefused(): Promise<void> {
    const symbol = encodeURIComponent(WATCHED[0]);
    const ask = async (path: string) => {
      const signal = AbortSignal.timeout(60_000);
      const answer = await fetch(`${product.url}/api/${path}`, { signal });
      await answer.text();
      return answer.status;
    };
    const paths = [
      ...[`history/${symbol}`, `series?metric=m&symbol=${symbol}`, "metrics/names"],
      ...[`export?symbol=${symbol}&kind=trade`, `orders/${symbol}`, `notes/${symbol}`],
      ...["logs", "trace/abc", `analytics/risk?symbol=${symbol}`, "alerts/history"],
    ];
    await Promise.all(
      paths.map((path) =>
        // A process that has just been made may answer once before it stands still.
        until(`${path} is refused`, async () => [503, 504].includes(await ask(path))),
      ),
    );
  }

  it.each(OUTAGES)(
    `INV-1 INV-2 L-9 a database that %s for ${OUTAGE_SECONDS} s stops neither acks nor viewers, and misses nothing`,
    async (_, outage) => {
      await open();
      await takeAway(outage);
      await Promise.all([sleep(OUTAGE_SECONDS * 1_000), readsAreRefused()]);
      await everyAcknowledgedEventIsShown();
      console.log(`away: ${market.summary()}`);
      market.ledger.ackMs.length = 0;
      bringBack();
      const backMs = performance.now();
      await market.untilStored();
      console.log(`all stored ${Math.round(performance.now() - backMs)} ms after its return`);
      await sleep(AROUND_MS);
      await market.settle();
      expect(await market.violations()).toEqual([]);
      expect([market.ledger.count("unknown"), market.ledger.count("refused")]).toEqual([0, 0]);
      console.log(`after: ${market.summary()}`);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    "INV-1 a full outbox refuses with 503 and Retry-After, loses nothing it has, and recovers by itself",
    async () => {
      await open({ LIMIT_OUTBOX_BYTES: "20000" });
      await takeAway(gone);
      await until("refusals", () => market.ledger.count("refused") > 500);
      await everyAcknowledgedEventIsShown();
      const answer = await fetch(`${product.url}/api/history/${encodeURIComponent(WATCHED[0])}`);
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
      bringBack();
      await market.untilStored();
      await market.settle();
      expect(await market.violations()).toEqual([]);
      expect(market.ledger.count("unknown")).toBe(0);
      const refusals = market.ledger.batches.flatMap(({ state }) =>
        state.kind === "refused" ? [`${state.status} Retry-After ${state.retryAfter}`] : [],
      );
      expect(new Set(refusals)).toEqual(new Set(["503 Retry-After 5"]));
      console.log(market.summary());
    },
    TEST_TIMEOUT_MS,
  );
});
