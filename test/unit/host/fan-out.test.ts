import { describe, expect, it } from "vitest";
import { FanOut } from "../../../durable/host/fan-out.ts";
import { MeasuredPace } from "../../../durable/room/viewers/fan-out-pace.ts";
import { BusyThread } from "../room/busy-thread.ts";

/**
 * Rooms of 20 viewers, to all of which is pushed at once; gives how late they hear and how long an ack takes. `turns`: of the event loop,
 * that a push takes before it is in the log.
 */
async function watch({ rooms, posts, everyMs, sendMs = 0.06, turns = 0 }: Record<string, number>) {
  const thread = new BusyThread();
  const pace = new MeasuredPace();
  const fanOut = new FanOut({
    ...{ pace, nowMs: () => thread.nowMs, wait: thread.wait },
    keepAwake: (work) => void work,
  });
  const latencies: number[] = [];
  const ackMs: number[] = [];
  let messages = 0;
  const all = Array.from({ length: rooms ?? 0 }, () => {
    const waiting: number[] = [];
    const room = {
      waiting,
      get fanOutMs() {
        return 20 * pace.sendMs(0);
      },
      published: () => {
        messages += 1;
        const doneMs = thread.work(20 * (sendMs ?? 0));
        for (const atMs of waiting.splice(0)) latencies.push(doneMs - atMs);
        return room.fanOutMs;
      },
    };
    return room;
  });
  for (let post = 0; post < (posts ?? 0); post += 1) {
    const dueMs = post * (everyMs ?? 0);
    thread.at(dueMs, async () => {
      for (let turn = 0; turn < (turns ?? 0); turn += 1) await thread.wait(0);
      for (const { waiting } of all) waiting.push(dueMs);
      fanOut.published(all);
      ackMs.push(thread.work(1) - dueMs);
    });
  }
  await thread.run();
  latencies.sort((a, b) => a - b);
  return { latencies, ackMs, messages, max: latencies.at(-1) ?? Number.NaN };
}

describe("E-4 the rooms of a host", () => {
  it("hear all there is within a round of all of them, however much more is pushed than can be sent", async () => {
    // 240 ms a round, and a push each 50 ms.
    const { latencies, ackMs, messages, max } = await watch({ rooms: 200, posts: 60, everyMs: 50 });
    expect(latencies).toHaveLength(200 * 60);
    expect(max).toBeLessThan(2 * 240);
    expect(messages).toBeLessThan((200 * 60) / 4);
    expect(Math.max(...ackMs.slice(20))).toBeLessThan(20);
  });

  it("keep no push waiting for long that takes several turns, however much is to be sent", async () => {
    const { ackMs } = await watch({ rooms: 500, posts: 60, everyMs: 50, turns: 8 });
    // Half of the eight turns have a slice before them, and none has two.
    expect(Math.max(...ackMs.slice(20))).toBeLessThan(8 * 6);
  });

  it("are told before the acknowledgement where that is little", async () => {
    const { max } = await watch({ rooms: 1, posts: 5, everyMs: 50, sendMs: 0.025 });
    expect(max).toBeLessThan(1);
  });
});
