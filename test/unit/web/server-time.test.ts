import { expect, test } from "vitest";
import { serverTime } from "../../../web/feed/server-time.ts";

const HOUR_MS = 3_600_000;

/** A tab of a device whose clock is `aheadMs` ahead of the server's. */
function tab(aheadMs: number) {
  const world = { serverMs: 1_700_000_000_000, aheadMs, reloads: 0, isShut: false };
  const kept = new Map<string, string>();
  const wallMs = () => world.serverMs + world.aheadMs;
  const load = () =>
    serverTime({
      wallMs,
      store() {
        if (world.isShut) throw new Error("nothing is kept here");
        return {
          getItem: (key) => kept.get(key) ?? null,
          setItem: (key, value) => void kept.set(key, value),
        };
      },
      beginAnew() {
        world.reloads += 1;
      },
    });
  const answer = (page: ReturnType<typeof load>, tookMs = 20) => {
    const askedAtMs = wallMs();
    world.serverMs += tookMs;
    page.hear(new Date(world.serverMs).toUTCString(), askedAtMs);
  };
  return { world, kept, load, answer };
}

test.each([HOUR_MS, -HOUR_MS])(
  "a clock that is %i ms ahead is put right, and the page begins anew once",
  (ahead) => {
    const { world, load, answer } = tab(ahead);
    const first = load();
    answer(first);
    answer(first);
    expect(world.reloads).toBe(1);
    const second = load();
    answer(second);
    expect(world.reloads).toBe(1);
    expect(Math.abs(second.nowMs() - world.serverMs)).toBeLessThan(2_000);
  },
);

test("a clock that is about right stays as it is, and one that was set right is believed again", () => {
  const { world, load, answer } = tab(20_000);
  const page = load();
  answer(page);
  expect([world.reloads, page.nowMs() - world.serverMs]).toEqual([0, 20_000]);
  world.aheadMs = HOUR_MS;
  answer(page);
  world.aheadMs = 0;
  world.serverMs += 120_000;
  answer(load());
  expect(world.reloads).toBe(2);
  expect(load().nowMs()).toBe(world.serverMs);
});

test("clocks that go to and fro have a page begin anew once a minute at most", () => {
  const { world, load, answer } = tab(HOUR_MS);
  for (let second = 0; second < 60; second += 1) {
    answer(load());
    world.serverMs += 980;
    world.aheadMs = HOUR_MS - world.aheadMs;
  }
  expect(world.reloads).toBe(1);
});

test("an answer that took long, or bears no date, says nothing, and who can keep nothing begins nothing anew", () => {
  const { world, load, answer } = tab(HOUR_MS);
  const page = load();
  answer(page, 20_000);
  page.hear(null, world.serverMs);
  page.hear("soon", world.serverMs);
  world.isShut = true;
  answer(load());
  expect(world.reloads).toBe(0);
});
