import { expect, test } from "vitest";
import { createServerWatch } from "../../../web/feed/symbols/server-watch.ts";
import { fakeClock } from "../client/fake-clock.ts";

function world() {
  const clock = fakeClock();
  const state = { isAlive: false, isVisible: true, looks: 0, retries: 0 };
  const watch = createServerWatch({
    ...clock,
    random: () => 0.5,
    isAlive: async () => {
      state.looks += 1;
      return state.isAlive;
    },
    isVisible: () => state.isVisible,
  });
  watch.onRetry(() => {
    state.retries += 1;
  });
  return { clock, state, watch };
}

test("a server that comes back is noticed within seconds, however long it was away", async () => {
  const { clock, state, watch } = world();
  watch.report("tape", true);
  await clock.advance(600_000);
  expect(state.retries).toBe(0);
  state.isAlive = true;
  await clock.advance(3_000);
  expect(state.retries).toBe(1);
  watch.report("tape", false);
  const { looks } = state;
  await clock.advance(60_000);
  expect(state.looks).toBe(looks);
  expect(clock.pendingTimers()).toBe(0);
});

test("where the server is well and the page does not get through, connects are spared", async () => {
  const { clock, state, watch } = world();
  state.isAlive = true;
  watch.report("tape", true);
  await clock.advance(60_000);
  // A room takes ten connects a minute.
  expect(state.retries).toBeGreaterThan(2);
  expect(state.retries).toBeLessThanOrEqual(6);
});

test("nobody looks for a page that is hidden, and a person who asks is heard at once", async () => {
  const { clock, state, watch } = world();
  state.isVisible = false;
  watch.report("list", true);
  await clock.advance(60_000);
  expect(state.looks).toBe(0);
  watch.retryNow();
  expect(state.retries).toBe(1);
});
