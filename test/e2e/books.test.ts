import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Book, changeBook } from "../../src/core/books/book.ts";
import type { BookAnswer, PollAnswer } from "../../src/protocol/answers/answers.ts";
import type { BookEvent, Level } from "../../src/protocol/events/book.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const ENVIRONMENT = { PUBLIC_READ: "true" };
const SYMBOL = "BOOK";

describe("an order book over kill -9 of the whole process group", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;
  let isPushing = true;

  beforeEach(async () => {
    folder = temporaryDataDir();
    product = await startProduct({ dataDir: folder.dataDir, environment: ENVIRONMENT });
  });
  afterEach(async () => {
    isPushing = false;
    await product.killGroup();
    folder.remove();
  });

  it("INV-1 INV-6 D-2 D-5 D-6 is what was acknowledged, to who asks, to who replays, and in Postgres", async () => {
    const token = await product.token();
    let book: Book | null = null;
    let seq = 0;
    /** One producer that sends each change until it is acknowledged, and only then the next. */
    const produce = async () => {
      for (; isPushing; seq += 1) {
        const change = changeOf(seq);
        await pushUntilTaken(token, `key-${seq}`, { ...change, symbol: SYMBOL });
        book = changeBook(book, change);
      }
    };
    const producer = produce();
    for (let kill = 0; kill < 2; kill += 1) {
      const enough = seq + 30;
      await sleep(1_000);
      await until("changes", () => seq > enough);
      await product.killGroup();
      const { port } = product;
      product = await startProduct({ dataDir: folder.dataDir, port, environment: ENVIRONMENT });
    }
    const enough = seq + 10;
    await until("changes after the last kill", () => seq > enough);
    isPushing = false;
    await producer;
    expect(seq).toBeGreaterThan(20);

    const { book: now, cursor } = await get<BookAnswer>(`/api/books/${SYMBOL}`);
    expect({ bids: now?.bids, asks: now?.asks }).toEqual(book);
    expect(now?.seq).toBe(seq - 1);
    const posted = (await replay(cursor)).filter((event) => !isKeyframe(event));
    expect(posted.map((event) => event.seq)).toEqual(Array.from({ length: seq }, (_, at) => at));
    expect((await replay(cursor)).reduce<Book | null>(changeBook, null)).toEqual(book);

    // Nobody pushes any more: the alarm makes the last sample, and everything of it gets to Postgres.
    await until(
      "the last state in Postgres",
      async () => (await samples()).at(-1)?.seq === seq - 1,
    );
    const stored = await samples();
    const last = stored.at(-1) ?? expect.fail("no samples");
    expect({ bids: last.bids, asks: last.asks }).toEqual(book);
    expect(new Set(stored.map((one) => JSON.stringify(one))).size).toBe(stored.length);
  });

  async function pushUntilTaken(token: string, key: string, body: object): Promise<void> {
    for (;;) {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": key,
      };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      const answer = await fetch(`${product.url}/api/books`, init).catch(() => null);
      if (answer?.status === 202) return;
      if (answer !== null && answer.status < 500) throw new Error(await answer.text());
      await sleep(50);
    }
  }

  async function replay(upTo: number): Promise<BookEvent[]> {
    const events: BookEvent[] = [];
    for (let since = 0; since < upTo; ) {
      const path = `/api/rooms/${SYMBOL}/events?since=${since}&limit=1000`;
      const page = await get<PollAnswer>(path);
      events.push(...page.events.filter((event) => event.kind === "book"));
      since = page.cursor;
    }
    return events;
  }

  async function samples(): Promise<BookEvent[]> {
    const url = `${product.url}/api/export?symbol=${SYMBOL}&kind=book`;
    const lines = (await (await fetch(url)).text()).split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as BookEvent);
  }

  async function get<Answer>(path: string): Promise<Answer> {
    return (await (await fetch(`${product.url}${path}`)).json()) as Answer;
  }
});

/** A snapshot, then diffs that put levels in and take them out. */
function changeOf(seq: number): Pick<BookEvent, "type" | "bids" | "asks" | "seq"> {
  const bid: Level = [100 - (seq % 7), seq % 4];
  const ask: Level = [101 + (seq % 5), (seq + 1) % 3];
  if (seq > 0) return { type: "diff", bids: [bid], asks: [ask], seq };
  return { type: "snapshot", bids: [[100, 1]], asks: [[101, 1]], seq };
}

/** A snapshot of the room's own: the producer posts one, at its very beginning. */
function isKeyframe({ type, seq }: BookEvent): boolean {
  return type === "snapshot" && seq !== 0;
}
