import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  beginSending,
  dueMs,
  hurried,
  judged,
  type Sending,
  trouble,
} from "../../../push/node/core/sending.ts";
import type { Verdict } from "../../../push/node/core/verdict.ts";
import { ROUTES, type Route } from "../../../push/node/kinds.ts";
import { MemoryLane } from "../../../push/node/lanes/memory-lane.ts";

const LATER: Verdict = { kind: "later", why: "503 busy", retryAfterMs: 0, isNetwork: false };
const bad = (named: [number, string][] = []): Verdict => ({
  ...{ kind: "bad", why: "422 no", named: new Map(named), needsNewKey: false },
});
const ACCEPTED: Verdict = { kind: "accepted", refused: new Map() };

function after(sending: Sending, verdict: Verdict, more: { nowMs?: number; random?: number } = {}) {
  return judged(sending, "trades", { verdict, events: 8, nowMs: 0, random: 0.999, ...more });
}

it("backs off with jitter up to 30 s, and waits as long as the server asks for", () => {
  let sending = beginSending(ROUTES);
  const waits = Array.from({ length: 10 }, () => {
    ({ sending } = after(sending, LATER));
    return Math.round(dueMs(sending, "trades") / 1_000);
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30, 30, 30]);
  expect(dueMs(after(sending, LATER, { random: 0 }).sending, "trades")).toBe(0);
  const asked = after(sending, { ...LATER, retryAfterMs: 60_000 } as Verdict).sending;
  expect(dueMs(asked, "trades")).toBe(60_000);
  expect(dueMs(hurried(asked), "trades")).toBe(60_000);
  expect(dueMs(hurried(sending), "trades")).toBe(0);
});

it("a kind that is held up holds up no other, and a server that is away holds up all", () => {
  const held = after(beginSending(ROUTES), LATER).sending;
  expect(ROUTES.filter((route) => trouble(held, route) !== null)).toEqual(["trades"]);
  const away = after(beginSending(ROUTES), { ...LATER, isNetwork: true } as Verdict).sending;
  expect(ROUTES.filter((route) => dueMs(away, route) > 0)).toEqual(ROUTES);
});

it("says once what holds up, again after five minutes, and that it goes on", () => {
  let { sending, news } = after(beginSending(ROUTES), LATER);
  expect(news).toEqual([{ kind: "held up", what: "trades", why: "503 busy" }]);
  ({ sending, news } = after(sending, LATER, { nowMs: 299_999 }));
  expect(news).toEqual([]);
  ({ sending, news } = after(sending, LATER, { nowMs: 300_001 }));
  expect(news).toHaveLength(1);
  ({ sending, news } = after(sending, ACCEPTED));
  expect(news).toEqual([{ kind: "sent again", what: "trades" }]);
  expect(trouble(sending, "trades")).toBeNull();
});

it("sets aside what the server names, finds what it does not by halves, and grows again", () => {
  const named = after(
    beginSending(ROUTES),
    bad([
      [2, "price"],
      [99, "none"],
    ]),
  );
  expect(named.act).toEqual({ kind: "put back", setAside: new Map([[2, "price"]]) });
  const halved = after(beginSending(ROUTES), bad());
  expect(halved.act).toEqual({ kind: "put back", setAside: new Map() });
  expect(halved.sending.lanes.trades.mostEvents).toBe(4);
  expect(after(halved.sending, ACCEPTED).sending.lanes.trades.mostEvents).toBe(8);
  const alone = judged(halved.sending, "trades", {
    ...{ verdict: bad(), events: 1, nowMs: 0, random: 0 },
  });
  expect(alone.act).toEqual({ kind: "put back", setAside: new Map([[0, "422 no"]]) });
  const reused = { ...bad(), needsNewKey: true } as Verdict;
  const again = judged(halved.sending, "trades", {
    ...{ verdict: reused, events: 1, nowMs: 0, random: 0 },
  });
  expect(again.act).toEqual({ kind: "put back", setAside: new Map() });
});

it("whatever the server answers: each event is taken once or told to be refused, in order, and a batch that is kept is sent as it was", async () => {
  const answers = fc.array(
    fc.oneof(
      fc.constant({ kind: "accept" as const }),
      fc.constant({ kind: "lose the answer" as const }),
      fc.constant({ kind: "away" as const }),
      fc.constant({ kind: "name the bad" as const }),
      fc.constant({ kind: "refuse" as const }),
    ),
    { maxLength: 30 },
  );
  const events = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      events,
      answers,
      fc.integer({ min: 1, max: 9 }),
      async (good, script, most) => {
        let keys = 0;
        const lane = new MemoryLane(1_000, () => String(keys++));
        good.forEach((_, at) => {
          lane.put(String(at));
        });
        const taken: string[] = [];
        const refused: string[] = [];
        const bodies = new Map<string, string>();
        let sending = beginSending(ROUTES);
        const route: Route = "trades";
        for (let turn = 0; lane.gone < good.length; turn += 1) {
          expect(turn).toBeLessThan(1_000);
          const size = Math.min(most, sending.lanes[route].mostEvents);
          const batch = await lane.take(size);
          if (batch === null) throw new Error("something waits");
          const body = batch.events.join();
          expect(bodies.get(batch.key) ?? body).toBe(body);
          const isKnown = bodies.has(batch.key);
          const places = [...batch.events.keys()].filter((at) => !good[Number(batch.events[at])]);
          const step = script[turn]?.kind ?? "name the bad";
          let verdict: Verdict;
          if (step === "away") verdict = { ...LATER, isNetwork: true } as Verdict;
          else if (places.length > 0 && !isKnown) {
            verdict = bad(step === "name the bad" ? places.map((at) => [at, "bad"]) : []);
          } else {
            if (!isKnown) taken.push(...batch.events);
            bodies.set(batch.key, body);
            verdict =
              step === "lose the answer" ? ({ ...LATER, isNetwork: true } as Verdict) : ACCEPTED;
          }
          const judgement = judged(sending, route, {
            ...{ verdict, events: batch.events.length, nowMs: 0, random: 0 },
          });
          sending = judgement.sending;
          const { act } = judgement;
          if (act.kind === "keep") continue;
          refused.push(...[...act.setAside.keys()].map((at) => batch.events[at] ?? ""));
          if (act.kind === "settle") await lane.settle(batch, act.setAside);
          else await lane.putBack(batch, act.setAside);
        }
        const wanted = (isGood: boolean) =>
          [...good.keys()].filter((at) => good[at] === isGood).map(String);
        expect(taken).toEqual(wanted(true));
        expect(refused).toEqual(wanted(false));
      },
    ),
  );
});

it("memory that is full drops the oldest and counts it, and not what is being sent", async () => {
  const lane = new MemoryLane(3, () => "key");
  for (const text of ["1", "2", "3"]) lane.put(text);
  const batch = await lane.take(2);
  for (const text of ["4", "5", "6"]) lane.put(text);
  expect(lane.dropped).toBe(1);
  if (batch === null) throw new Error("no batch");
  expect(batch.events).toEqual(["1", "2"]);
  await lane.settle(batch, new Map());
  expect((await lane.take(9))?.events).toEqual(["4", "5", "6"]);
  expect(lane.gone).toBe(3);
});
