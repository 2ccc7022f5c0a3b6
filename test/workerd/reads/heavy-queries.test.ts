import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, makeKnown, newSymbol, push, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const HEAVY = (symbol: string) => [
  `/api/history/${symbol}`,
  `/api/series?metric=m&symbol=${symbol}`,
  `/api/metrics/names?symbol=${symbol}`,
  `/api/analytics/risk?symbol=${symbol}`,
  `/api/analytics/attribution?symbols=${symbol}`,
  `/api/export?symbol=${symbol}&kind=trade`,
  `/api/books/${symbol}?at=2026-01-01T00:00:00Z`,
];

async function knownSymbol(): Promise<string> {
  const symbol = newSymbol();
  await makeKnown(symbol);
  return symbol;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A database that answers what is read once `mayAnswer`, which is asked again and again; storing is quick. */
function slowToRead(mayAnswer: () => boolean): void {
  const neon = new FakeNeon();
  const slow = async (input: unknown, init?: RequestInit) => {
    if (!String(init?.body).includes("insert into")) {
      do await sleep(20);
      while (!mayAnswer());
    }
    return neon.fetch(input, init);
  };
  vi.spyOn(globalThis, "fetch").mockImplementation(slow as typeof fetch);
}

async function reader(): Promise<(path: string) => Promise<Response>> {
  const authorization = `Bearer ${await tokenOf({ scope: "read", ends: `${nextHours()}h` })}`;
  return (path) => ask(path, { headers: { authorization } });
}
/** A token is another one by its end. */
let hours = 0;
function nextHours(): number {
  hours += 1;
  return hours;
}

describe("L-8 heavy queries", () => {
  it("wait for their turn, and are refused in words where it does not come", async () => {
    let isDone = false;
    slowToRead(() => isDone);
    const symbol = await knownSymbol();
    const [one, other, third] = [await reader(), await reader(), await reader()];
    const [first = "", ...rest] = HEAVY(symbol);
    // Six in all, three of a reader.
    const running = [one, one, one, other, other, other].map((ask) => ask(first));
    await sleep(50);
    // What is no query of a range takes no place, and so does storing.
    const beside = [
      one(`/api/positions/${symbol}`),
      push("metrics", { symbol, metric: "m", value: 1 }),
    ];
    // Neither for a third reader nor for one who has its part, whatever it asks.
    const refused = await Promise.all([third(first), ...rest.map((path) => one(path))]);
    // Who may not read takes nobody's place, not even among those who wait.
    const stranger = await ask(first);
    isDone = true;
    for (const answer of refused) {
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "2"]);
      expect(await answer.text()).toContain("too-many-queries");
    }
    expect(stranger.status).toBe(401);
    expect((await Promise.all(beside)).map(({ status }) => status)).toEqual([200, 202]);
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(Array(6).fill(200));
  });

  it("of a page that asks for a dozen at once are all answered", async () => {
    slowToRead(() => true);
    const page = await reader();
    const symbol = await knownSymbol();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => page(`/api/series?metric=m&symbol=${symbol}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  });
});

describe("L-9 what a database could not do", () => {
  it.each([
    ["57014", 504, "query-timeout"],
    ["53100", 503, "database-exhausted"],
    ["40P01", 503, "database-busy"],
    ["42P01", 503, "database-unprepared"],
    ["57P01", 503, "database-unavailable"],
    ["22P02", 500, "internal"],
  ])("%s is told as what it is: %i %s", async (code, status, type) => {
    vi.spyOn(globalThis, "fetch").mockImplementation(async () =>
      Response.json({ code, message: "words of Postgres" }, { status: 400 }),
    );
    const one = await reader();
    for (const path of HEAVY(await knownSymbol())) {
      const answer = await one(path);
      const text = await answer.text();
      expect([answer.status, text], path).toEqual([status, expect.stringContaining(`:${type}"`)]);
      expect(text).not.toContain("words of Postgres");
      expect(answer.headers.has("retry-after")).toBe(status !== 500);
    }
  });
});
