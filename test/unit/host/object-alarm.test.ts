import { expect, it } from "vitest";
import { ObjectAlarm } from "../../../durable/object-alarm.ts";

/** The alarm of an object as workerd keeps it: what a handler sets is forgotten with the alarm that it was called for, unless it is later. */
function platform() {
  let storedMs: number | null = null;
  let scheduledMs: number | null = null;
  let runningMs: number | null = null;
  const alarm = new ObjectAlarm({
    getAlarm: async () => storedMs,
    setAlarm: async (at) => {
      storedMs = Number(at);
      if (runningMs === null || storedMs > runningMs) scheduledMs = storedMs;
    },
    deleteAlarm: async () => {
      storedMs = null;
      scheduledMs = null;
    },
  });
  return {
    alarm,
    scheduledMs: () => scheduledMs,
    async goOff(handler: () => Promise<void>) {
      const dueMs = scheduledMs ?? expect.fail("no alarm is set");
      [runningMs, storedMs, scheduledMs] = [dueMs, null, null];
      alarm.wentOff({ scheduledTime: dueMs });
      await handler();
      runningMs = null;
    },
  };
}

it.each([0, -1, -5_000])(
  "AL-5 an alarm that its handler sets to its own moment, and %i ms, goes off again at once",
  async (ms) => {
    const { alarm, scheduledMs, goOff } = platform();
    await alarm.set(1_000);
    for (let call = 0; call < 3; call += 1) await goOff(() => alarm.set(1_000 + ms));
    expect(scheduledMs()).toBe(1_003);
    expect(await alarm.read()).toBe(1_003);
  },
);

it("a later one is set as it is said, and one that somebody else's call asks for too", async () => {
  const { alarm, scheduledMs, goOff } = platform();
  await alarm.set(1_000);
  alarm.wentOff(undefined);
  await alarm.set(900);
  expect(scheduledMs()).toBe(900);
  await goOff(() => alarm.set(5_000));
  expect(scheduledMs()).toBe(5_000);
  await alarm.clear();
  expect(await alarm.read()).toBeNull();
});
