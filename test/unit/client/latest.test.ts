import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TapeDeps } from "../../../client/deps.ts";
import { type LatestOptions, openLatest } from "../../../client/latest.ts";
import { fakeClock, settle } from "./fake-clock.ts";
import { latestServer } from "./latest-server.ts";

function world(options: Partial<LatestOptions> = {}) {
  const clock = fakeClock();
  const server = latestServer(clock);
  const reported: unknown[] = [];
  const values = new Map<string, number>();
  const refused: string[] = [];
  const statuses: string[] = [];
  let wake: (event: "woke" | "wentOnline" | "wentOffline") => void = () => undefined;
  const deps: TapeDeps = {
    ...clock,
    random: () => 0.5,
    openSocket: (url) => server.openSocket(url),
    fetch: () => Promise.reject(new Error("nothing is fetched")),
    isOnline: () => true,
    watch(notice) {
      wake = notice;
      return () => undefined;
    },
    report: (error) => reported.push(error),
  };
  const latest = openLatest(
    {
      ...{ baseUrl: "http://tape.test", symbols: ["A", "B", "C-*"] },
      onLatest({ rooms }) {
        for (const { symbol, events } of rooms) {
          for (const event of events) if (event.kind === "trade") values.set(symbol, event.price);
        }
      },
      onRefused: ({ symbol, code }) => refused.push(`${symbol} ${code}`),
      onStatus: ({ kind }) => statuses.push(kind),
      ...options,
    },
    deps,
  );
  return {
    ...{ clock, server, reported, values, refused, statuses, latest },
    wake: (event: Parameters<typeof wake>[0]) => wake(event),
  };
}

describe("ST-10 a client of last values", () => {
  test("asks for what it wants once it is welcomed, by rate and channels", async () => {
    const { clock, server, latest } = world({ hz: 4, channels: ["trade", "metric:cpu,*"] });
    await clock.advance(10);
    const [socket] = server.opened;
    expect(socket?.url).toBe("ws://tape.test/ws?mode=latest&hz=4&channels=trade,metric%3Acpu%2C*");
    expect(socket?.sent).toEqual(['{"type":"subscribe","symbols":["A","B","C-*"]}']);
    expect(latest.status()).toEqual({ kind: "live" });
    latest.close();
    expect(server.sockets.size).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom("A", "B", "C-1", "C-2"), fc.nat(9)) },
    { weight: 2, arbitrary: fc.constantFrom("tick" as const, "wait" as const) },
    { weight: 1, arbitrary: fc.constantFrom("drop", "away", "back", "move A", "move C-1", "full") },
  );

  test("ends with the true last value of every symbol, whatever breaks, moves or is refused for now", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, server, values, latest } = world();
        for (const name of ["A", "B"]) server.set(name, 0);
        for (const one of steps) {
          if (Array.isArray(one)) server.set(one[0], one[1]);
          else if (one === "tick") server.tick();
          else if (one === "wait") await clock.advance(700);
          else if (one === "drop") server.drop();
          else if (one.startsWith("move")) server.move(one.slice(5));
          else if (one === "full") server.refuse("B", "full", 1);
          else server.isAway = one === "away";
        }
        server.isAway = false;
        await clock.advance(60_000);
        server.tick();
        await settle();
        expect([...values].sort()).toEqual([...server.values].sort());
        latest.close();
        expect(clock.pendingTimers()).toBe(0);
      }),
    );
  });

  test("is told of what cannot be, and asks again for what can be later", async () => {
    const { clock, server, refused } = world();
    await clock.advance(10);
    server.refuse("A", "forbidden");
    server.refuse("B", "not_known_yet", 2);
    expect(refused).toEqual(["A forbidden"]);
    await clock.advance(10_000);
    expect(server.opened[0]?.sent.filter((text) => text.includes("subscribe"))).toEqual([
      '{"type":"subscribe","symbols":["A","B","C-*"]}',
      '{"type":"subscribe","symbols":["B"]}',
    ]);
  });

  test("comes back at once when the machine wakes, and never where it must not", async () => {
    const { clock, server, statuses, latest, wake } = world();
    await clock.advance(10);
    server.isAway = true;
    server.drop();
    await clock.advance(20_000);
    server.isAway = false;
    wake("woke");
    await clock.advance(10);
    expect(statuses.slice(0, 2)).toEqual(["live", "reconnecting"]);
    expect(latest.status()).toEqual({ kind: "live" });
    server.drop(1008);
    expect(latest.status()).toEqual({ kind: "closed", code: 1008, reason: "gone" });
    await clock.advance(60_000);
    expect(server.sockets.size).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("brings all values again to who could not take some", async () => {
    let fails = true;
    const got: number[] = [];
    const { clock, server, reported } = world({
      symbols: ["A"],
      onLatest({ rooms }) {
        if (fails) throw new Error("full");
        for (const { events } of rooms) {
          for (const event of events) if (event.kind === "trade") got.push(event.price);
        }
      },
    });
    server.set("A", 7);
    await clock.advance(100);
    expect(reported).toHaveLength(1);
    fails = false;
    await clock.advance(5_000);
    expect(got).toEqual([7]);
  });

  test("names its faults", () => {
    expect(() => world({ symbols: [] })).toThrow("symbols must name at least one");
    expect(() => world({ baseUrl: "ftp://x" })).toThrow("baseUrl must be an address");
  });
});
