import { describe, expect, it } from "vitest";
import { machinePoints } from "../../../../dev/demo/machine/machine.ts";
import { readDemoOptions } from "../../../../dev/demo/options.ts";
import { type PushDeps, push, RefusedError } from "../../../../dev/demo/push.ts";
import { metricPushSchema } from "../../../../src/protocol/events/event.ts";

type Answer = Response | Error;

function world(answers: Answer[], given: Pick<PushDeps, "mostAttempts"> = {}) {
  const requests: { url: string; key: string | null; authorization: string | null }[] = [];
  const waits: number[] = [];
  const troubles: (string | undefined)[] = [];
  let keys = 0;
  const deps: PushDeps = {
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      requests.push({
        url: String(url),
        key: headers.get("idempotency-key"),
        authorization: headers.get("authorization"),
      });
      const answer = answers.shift();
      if (answer === undefined) throw new Error("asked too often");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    sleep: async (ms) => {
      waits.push(ms);
    },
    random: () => 0.5,
    newKey: () => `key-${++keys}`,
    onTrouble: (trouble) => troubles.push(trouble?.why),
    ...given,
  };
  const target = { url: "http://edgetape", token: "abc" };
  const run = () => push(deps, target, "/api/trades", [{ symbol: "X" }]);
  return { run, requests, waits, troubles };
}

const ok = () => new Response("{}", { status: 202 });

describe("a push of the demo", () => {
  it("is one request where all is well", async () => {
    const { run, requests, waits } = world([ok()]);
    await run();
    expect(requests).toEqual([
      { url: "http://edgetape/api/trades", key: "key-1", authorization: "Bearer abc" },
    ]);
    expect(waits).toEqual([]);
  });

  it("INV-6 tries again under the same key, whatever was wrong, with growing waits", async () => {
    const broken = Object.assign(new TypeError("fetch failed"), {
      cause: { code: "ECONNREFUSED" },
    });
    const { run, requests, waits, troubles } = world([
      broken,
      new Response("", { status: 500 }),
      new Response("", { status: 429 }),
      ok(),
    ]);
    await run();
    expect(requests.map(({ key }) => key)).toEqual(["key-1", "key-1", "key-1", "key-1"]);
    expect(waits).toEqual([250, 500, 1_000]);
    expect(troubles).toEqual([
      "ECONNREFUSED",
      "the server answers 500",
      "the server answers 429",
      undefined,
    ]);
  });

  it("waits at least as long as a 503 says, and never longer than 30 s of its own", async () => {
    const busy = new Response("", { status: 503, headers: { "retry-after": "7" } });
    const many = Array.from({ length: 12 }, () => new Response("", { status: 503 }));
    const { run, waits } = world([busy, ...many, ok()]);
    await run();
    expect(waits[0]).toBe(7_000);
    expect(Math.max(...waits)).toBe(15_000);
  });

  it("gives up after as many attempts as it is given", async () => {
    const away = [1, 2, 3].map(() => new Response("", { status: 503 }));
    const { run, requests } = world(away, { mostAttempts: 3 });
    await expect(run()).rejects.toThrow("the server answers 503, at 3 attempts: given up");
    expect(requests).toHaveLength(3);
  });

  it("gives up at once on what the server will never take, with its words", async () => {
    const problem = {
      title: "Invalid events",
      detail: "1 of 1 events is wrong",
      errors: [{ path: "[0].price", message: "must be a number" }],
    };
    const { run, requests } = world([Response.json(problem, { status: 422 })]);
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedError);
    expect((error as RefusedError).message).toBe("422 Invalid events: 1 of 1 events is wrong");
    expect((error as RefusedError).issues).toEqual(problem.errors);
    expect(requests).toHaveLength(1);
  });

  it("shows an answer that is no problem document as it is", async () => {
    const { run } = world([new Response("<h1>proxy</h1>", { status: 403 })]);
    await expect(run()).rejects.toThrow("403 <h1>proxy</h1>");
  });
});

describe("the options of the demo", () => {
  it("has a live market with six hours of history where nothing is said", () => {
    expect(readDemoOptions([])).toEqual({
      url: undefined,
      token: undefined,
      job: { kind: "market", eventsPerSecond: 60, seed: "1", backfillSeconds: 21_600 },
    });
  });

  it("takes a file or the machine itself instead", () => {
    expect(readDemoOptions(["--file", "a.csv", "--symbol", "SPX"]).job).toEqual({
      kind: "file",
      file: "a.csv",
      symbol: "SPX",
    });
    expect(readDemoOptions(["--self"]).job).toEqual({ kind: "self" });
    expect(readDemoOptions(["--url", "http://x/"]).url).toBe("http://x");
  });

  it.each([
    [["--rate", "0"], "--rate 0"],
    [["--rate", "fast"], "--rate fast"],
    [["--backfill", "6"], "--backfill 6"],
    [["--url", "nowhere"], "--url nowhere"],
    [["--speed", "1"], "--speed"],
  ])("says what is wrong with %j", (args, words) => {
    expect(() => readDemoOptions(args)).toThrow(words);
  });
});

describe("the machine's own numbers", () => {
  it("are shares of the time since the last reading, as points the protocol takes", () => {
    const points = machinePoints(
      { busyMs: 1_000, idleMs: 5_000 },
      {
        cpu: { busyMs: 1_500, idleMs: 6_500 },
        totalBytes: 100,
        freeBytes: 30,
        load1: 0.5,
        eventLoopDelay: { p50Ms: 0.1, p99Ms: 2 },
      },
      1_795_000_000_000_000,
      "desk-1",
    );
    for (const point of points) metricPushSchema.parse(point);
    const valueNamed = (metric: string) => points.find((point) => point.metric === metric)?.value;
    expect(valueNamed("host_cpu_percent")).toBe(25);
    expect(valueNamed("host_memory_used_bytes")).toBe(70);
    expect(points.map(({ labels }) => labels["quantile"])).toContain("0.99");
  });
});
