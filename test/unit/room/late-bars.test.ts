import { expect, it } from "vitest";
import { LateBars } from "../../../durable/room/state/late-bars.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

const barOf = (ts: EpochUs): Bar => ({
  ...{ ts, open: 1, high: 2, low: 1, close: 2, volume: 3, trades: 2 },
});

function room(options: { isBroken?: boolean } = {}) {
  const minutes: EpochUs[] = [];
  const sent: BarMessage[] = [];
  const failures: unknown[] = [];
  const read: [EpochUs, Cursor][] = [];
  const works: Promise<void>[] = [];
  const state = { through: 7 as Cursor | null };
  const late = new LateBars({
    takeMinutes: (most) => minutes.splice(0, most),
    liveThrough: () => state.through,
    readBar: async (minuteUs, through) => {
      if (options.isBroken === true) throw new Error("away");
      read.push([minuteUs, through]);
      return minuteUs === 0 ? null : barOf(minuteUs);
    },
    send: (message) => sent.push(message),
    wait: async () => undefined,
    keepAwake: (work) => works.push(work),
    failed: (error) => failures.push(error),
  });
  const done = () => Promise.all(works);
  return { late, minutes, sent, failures, read, state, done };
}

const minute = (n: number) => (n * 60_000_000) as EpochUs;

it("B-5 tells every corrected old bar once, with the cursor it goes up to as revision", async () => {
  const { late, minutes, sent, read, done } = room();
  for (let n = 50; n > 0; n -= 1) minutes.push(minute(n));
  late.kick();
  late.kick();
  await done();
  expect(sent.map(({ ts }) => ts)).toEqual(Array.from({ length: 50 }, (_, i) => minute(50 - i)));
  expect(sent[0]).toEqual({ type: "bar", interval: "1m", ...barOf(minute(50)), revision: 7 });
  expect(read).toHaveLength(50);
});

it("reads nothing and forgets the minutes where nobody is live", async () => {
  const { late, minutes, read, state, done } = room();
  state.through = null;
  minutes.push(...Array.from({ length: 50 }, (_, n) => minute(n)));
  late.kick();
  await done();
  expect(read).toEqual([]);
  expect(minutes).toEqual([]);
});

it("says nothing of a minute without a bar, and lives through a database that is away", async () => {
  const quiet = room();
  quiet.minutes.push(minute(0));
  quiet.late.kick();
  await quiet.done();
  expect(quiet.sent).toEqual([]);

  const broken = room({ isBroken: true });
  broken.minutes.push(minute(1), minute(2));
  broken.late.kick();
  await broken.done();
  expect(broken.sent).toEqual([]);
  expect(broken.failures).toHaveLength(1);
  // The next late trade begins anew.
  broken.minutes.push(minute(3));
  broken.late.kick();
  await broken.done();
  expect(broken.failures).toHaveLength(2);
});
