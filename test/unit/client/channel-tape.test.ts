import { describe, expect, test } from "vitest";
import { openChannelTape } from "../../../client/channel-tape.ts";
import type { Delivery } from "../../../client/state.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { fakeRoom } from "./fake-room.ts";
import { withStreams } from "./fake-streams.ts";

function world() {
  const room = fakeRoom();
  const urls: string[] = [];
  const said: string[] = [];
  const base = withStreams(room.deps(), () => room.silent);
  const deliveries: Delivery[] = [];
  const tape = openChannelTape(
    {
      ...{ baseUrl: "http://room.test", symbol: "A", channels: ["trade", "metric:cpu*"] },
      since: 1_000 as Cursor,
      onDelivery: (delivery) => deliveries.push(delivery),
    },
    {
      ...base,
      openSocket(url, protocols) {
        urls.push(url);
        const socket = base.openSocket(url, protocols);
        const { send } = socket;
        socket.send = (text) => {
          said.push(text);
          send(text);
        };
        return socket;
      },
    },
  );
  const values = () =>
    deliveries.flatMap((delivery) =>
      delivery.type === "events"
        ? delivery.events.flatMap((event) => (event.kind === "metric" ? [event.value] : []))
        : [],
    );
  return { room, urls, said, deliveries, values, tape };
}

describe("ST-9 a tape of some channels", () => {
  test("asks a stream for them, and keeps what a tape promises", async () => {
    const { room, urls, said, values, tape } = world();
    room.append(2, 2);
    await room.clock.advance(100);
    expect(urls).toEqual(["ws://room.test/ws?channels=trade,metric%3Acpu*"]);
    expect(JSON.parse(said[0] ?? "")).toEqual({
      ...{ type: "subscribe", symbols: [{ symbol: "A", since: 1_000 }] },
    });
    expect(tape.status().words).toBe("live");
    room.append(2, 1);
    await room.clock.advance(6_000);
    expect(values()).toEqual([1, 2, 3, 4, 5, 6]);
    // ST-6: by the number of messages.
    expect(said.find((text) => text.includes('"ack"'))).toMatch(/^{"type":"ack","messages":\d+}$/);
    expect(said).toContain("ping");
    // ST-7: a room that has gone is subscribed to again, from where the tape stands.
    room.close(4000);
    await room.clock.advance(40_000);
    room.append(1, 1);
    await room.clock.advance(100);
    expect(values()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(said.filter((text) => text.includes("subscribe")).at(-1)).toContain(room.logId());
    tape.close();
    expect(room.living()).toHaveLength(0);
  });

  test("gives up a socket that brings what cannot be read, and misses nothing of it", async () => {
    const { room, values } = world();
    await room.clock.advance(100);
    room.garbage();
    await room.clock.advance(40_000);
    expect(values()).toEqual([1]);
  });

  test("Q-1 polls for them alone where no socket can be had", async () => {
    const { room, values } = world();
    room.refuseSockets = true;
    room.append(1, 2);
    await room.clock.advance(60_000);
    expect(values()).toEqual([1, 2]);
    expect(room.polls.length).toBeGreaterThan(0);
    for (const url of room.polls) expect(url).toContain("&channels=trade,metric%3Acpu*");
  });
});
