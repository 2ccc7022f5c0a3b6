import { describe, expect, it } from "vitest";
import { FanOut } from "../../../durable/host/fan-out.ts";
import { MeasuredPace } from "../../../durable/room/viewers/fan-out-pace.ts";
import { BusyThread } from "../room/busy-thread.ts";

/** Rooms of 20 viewers, to all of which is pushed at once; gives how late they hear and how long an ack takes. */
async function watch({ rooms, posts, everyMs, sendMs = 0.06 }: Record<string, number>) {
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
    thread.at(dueMs, () => {
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

  it("are told before the acknowledgement where that is little", async () => {
    const { max } = await watch({ rooms: 1, posts: 5, everyMs: 50, sendMs: 0.025 });
    expect(max).toBeLessThan(1);
  });
});
