import { describe, expect, it } from "vitest";
import { PingWatch } from "../../../../durable/room/viewers/door/ping-watch.ts";
import { FakeTime, settle } from "../fake-time.ts";

function watched() {
  const time = new FakeTime();
  const said: boolean[] = [];
  const watch = new PingWatch({
    setAutoResponse: (isOn) => said.push(isOn),
    nowMs: time.nowMs,
    wait: time.wait,
    keepAwake: (work) => void work,
  });
  /** A socket that pings each so often; null: never. */
  const pinging = (everyMs: number | null) => ({
    pingedMs: () => (everyMs === null ? null : Math.floor(time.nowMs() / everyMs) * everyMs),
  });
  return { time, said, watch, pinging };
}

describe("L-2 pings", () => {
  it("come to the room for two seconds, to be counted, where a socket sends them without a pause", async () => {
    const { time, said, watch, pinging } = watched();
    const sockets = [pinging(1), pinging(5_000)];
    watch.look(sockets);
    watch.look(sockets);
    await time.pass(100);
    expect(said).toEqual([false]);
    await time.pass(2_200);
    expect(said).toEqual([false, true]);
    watch.look(sockets);
    await time.pass(2_300);
    expect(said).toEqual([false, true, false, true]);
  });

  it("are left to the platform where they are a heartbeat, however many viewers have one", async () => {
    const { time, said, watch, pinging } = watched();
    const sockets = [pinging(5_000), pinging(500), pinging(null)];
    for (let look = 0; look < 50; look += 1) {
      watch.look(sockets);
      await time.pass(777);
    }
    await settle();
    expect(said).toEqual([]);
  });
});
