import { describe, expect, test } from "vitest";
import { openFollower } from "../../../client/follower.ts";
import type { Delivery } from "../../../client/state.ts";
import { openTape } from "../../../client/tape.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { settle } from "./fake-clock.ts";
import { fakeRoom } from "./fake-room.ts";
import { withStreams } from "./fake-streams.ts";

function world() {
  const room = fakeRoom();
  const streams: string[] = [];
  const said: string[] = [];
  const base = withStreams(room.deps(), () => room.silent);
  const deps: typeof base = {
    ...base,
    openSocket(url, protocols) {
      streams.push(protocols.join(" "));
      const socket = base.openSocket(url, protocols);
      const { send } = socket;
      socket.send = (text) => {
        said.push(text);
        send(text);
      };
      return socket;
    },
  };
  return { room, streams, said, deps };
}

function idsOf(deliveries: readonly Delivery[]): number[] {
  return deliveries.flatMap((delivery) =>
    delivery.type === "events"
      ? delivery.events.flatMap((event) => (event.kind === "metric" ? [event.value] : []))
      : [],
  );
}

describe("ST-3 a follower", () => {
  test("has one socket for all its symbols, and what each tape promises", async () => {
    const { room, streams, said, deps } = world();
    const follower = openFollower({ baseUrl: "http://room.test" }, deps);
    const got = new Map<string, Delivery[]>();
    const tapes = ["A", "B"].map((symbol) => {
      const deliveries: Delivery[] = [];
      got.set(symbol, deliveries);
      return follower.follow(symbol, { onDelivery: (delivery) => deliveries.push(delivery) });
    });
    await room.clock.advance(100);
    expect(tapes.map((tape) => tape.status().words)).toEqual(["live", "live"]);
    expect(streams).toHaveLength(1);
    room.append(2, 2);
    await room.clock.advance(1_500);
    expect([...got.values()].map(idsOf)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    // The messages of both rooms are acknowledged together.
    expect(said.filter((text) => text.includes('"ack"')).length).toBeLessThanOrEqual(2);
    tapes[0]?.close();
    await room.clock.advance(10);
    expect(said.at(-1)).toBe('{"type":"unsubscribe","symbols":["A"]}');
    room.append(1, 1);
    await room.clock.advance(10);
    expect(idsOf(got.get("B") ?? [])).toHaveLength(5);
    expect(idsOf(got.get("A") ?? [])).toHaveLength(4);
    follower.close();
    expect(room.living()).toHaveLength(0);
  });

  test("is read with for await, until the loop is left", async () => {
    const { room, deps } = world();
    const follower = openFollower({ baseUrl: "http://room.test" }, deps);
    const values: number[] = [];
    const reading = (async () => {
      for await (const { delivery, place } of follower.read("A", { since: 1_000 as Cursor })) {
        values.push(...idsOf([delivery]));
        if (values.length >= 3) return place.cursor;
      }
      return null;
    })();
    room.append(3, 1);
    await room.clock.advance(200);
    expect(await reading).toBe(room.head());
    expect(values).toEqual([1, 2, 3]);
    expect(room.living()).toHaveLength(0);
  });

  test("ST-8 renews its token on the open socket, and comes back where one ended all the same", async () => {
    const { room, streams, said, deps } = world();
    let made = 0;
    const tokenNow = () => {
      made += 1;
      const exp = Math.floor(room.clock.nowMs() / 1_000) + 120;
      return `${made}.${btoa(JSON.stringify({ exp }))}.x`;
    };
    const address = { baseUrl: "http://room.test", token: async () => tokenNow() };
    const follower = openFollower(address, deps);
    const tape = follower.follow("A", { onDelivery: () => {} });
    await room.clock.advance(100);
    expect(tape.status().words).toBe("live");
    expect(streams[0]).toMatch(/^edgetape\.v1 bearer\.1\./);
    await room.clock.advance(95_000);
    expect(said.filter((text) => text.includes('"token"'))).toHaveLength(1);
    room.close(4503);
    await room.clock.advance(5_000);
    expect(tape.status().words).toBe("live");
    expect(streams).toHaveLength(2);
    follower.close();
  });
});

describe("ST-11 where no WebSocket can be had", () => {
  test("server-sent events are tried, and after a while a socket again, without loss or repeat", async () => {
    const room = fakeRoom();
    const deliveries: Delivery[] = [];
    room.refuseSockets = true;
    room.refuseEvents = false;
    const options = { baseUrl: "http://room.test", symbol: "A", since: 1_000 as Cursor };
    const tape = openTape(
      { ...options, onDelivery: (delivery) => deliveries.push(delivery) },
      room.deps(),
    );
    room.append(2, 2);
    await room.clock.advance(6_000);
    expect(tape.status().words).toBe("live");
    expect(room.polls).toEqual([]);
    room.append(2, 2);
    await room.clock.advance(40_000);
    expect(idsOf(deliveries)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    room.refuseSockets = false;
    await room.clock.advance(30_000);
    room.append(1, 1);
    await settle();
    expect(room.living().map(({ url }) => new URL(url).protocol)).toEqual(["ws:"]);
    expect(idsOf(deliveries)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    tape.close();
  });
});
