import { describe, expect, test, vi } from "vitest";
import { relayOf } from "../../../src/core/placement/relaying.ts";
import { CURSOR_ORIGIN } from "../../../src/protocol/words/time.ts";
import { PLACEMENTS } from "../host/model/actions.ts";
import { ModelHosts, SYMBOLS } from "../host/model/hosts.ts";
import { append, appendAndCrash } from "../host/model/requests.ts";
import { checkAtRest } from "../host/model/rest.ts";
import { connect } from "../host/model/viewing.ts";
import type { RelayWorld } from "./relay-world.ts";

const [BUSY, RARE] = SYMBOLS;
const FROM_NOW = { cursor: null, log: null };

/** A request of some metrics and positions. */
function batch(size: number, ...symbols: (typeof SYMBOLS)[number][]) {
  const parts = symbols.map((symbol) => ({ symbol, size }));
  return { parts, tradeEvery: 100, repeatEvery: 0, lateByMs: 0, keyed: false };
}

/** Hosts whose every viewer comes by way of one relay. */
function relayed(): ModelHosts {
  return new ModelHosts(PLACEMENTS[0], (_, host) =>
    relayOf(host, { kind: "runtime", own: 1, owner: 0 }),
  );
}

/** All that can get better has, without anything new. */
describe("viewers by way of a relay", () => {
  test.each([0, 1, 2])(
    "INV-2: a host that dies %i turns after it was asked has its relay told where it is",
    async (turns) => {
      const hosts = relayed();
      await connect(hosts, BUSY, FROM_NOW, true);
      await append(hosts, [batch(1, BUSY)]);
      await hosts.pass(100);
      await appendAndCrash(hosts, [batch(1, BUSY)], turns);
      // The alarm that is set with what has to be stored begins the host's next life.
      await hosts.pass(6_000);
      expect(hosts.seats.open.map(({ hasAll }) => hasAll)).toEqual([true]);
      await checkAtRest(hosts);
      expect(hosts.seats.open).toHaveLength(1);
    },
  );

  test("INV-2: what a relay could not be fed for long it is brought on to by what it asks", async () => {
    const hosts = relayed();
    await connect(hosts, BUSY, FROM_NOW, true);
    await connect(hosts, RARE, FROM_NOW, true);
    hosts.wire.mode = "lost";
    await append(hosts, [batch(3, BUSY, RARE)]);
    await hosts.pass(20_000);
    expect(hosts.seats.open.map(({ hasAll }) => hasAll)).toEqual([false, false]);
    // It is struck off, and finds that out within a minute.
    await hosts.pass(100_000);
    expect(hosts.seats.open.map(({ hasAll }) => hasAll)).toEqual([true, true]);
    await checkAtRest(hosts);
  });

  test("INV-2: a message that is on its way to many goes to each once, where the host dies under it", async () => {
    const hosts = relayed();
    await connect(hosts, BUSY, { cursor: CURSOR_ORIGIN, log: null }, true);
    await connect(hosts, BUSY, FROM_NOW, true);
    await appendAndCrash(hosts, [batch(1, BUSY), batch(1, BUSY)], 2);
    await checkAtRest(hosts);
    expect(hosts.seats.open).toHaveLength(2);
  });

  test("INV-4: viewers that slept live are brought on before what is new", async () => {
    const hosts = relayed();
    await connect(hosts, BUSY, FROM_NOW, true);
    await append(hosts, [batch(2, BUSY)]);
    await hosts.pass(2_000);
    await hosts.sleep();
    hosts.wire.mode = "late";
    await append(hosts, [batch(2, BUSY)]);
    await append(hosts, [batch(2, BUSY)]);
    await hosts.pass(2_000);
    await checkAtRest(hosts);
    expect(hosts.seats.open).toHaveLength(1);
  });

  test("B-6: are told that a bar is closed, also where its room had left the host's memory", async () => {
    const hosts = relayed();
    await connect(hosts, RARE, FROM_NOW, true);
    const [viewer] = hosts.seats.open;
    await append(hosts, [batch(1, RARE)]);
    await hosts.pass(90_000);
    expect(viewer?.bars).toBe(1);
    // Longer than a room stays that nobody uses; then something wakes the alarm by which it goes.
    await hosts.pass(800_000);
    await append(hosts, [batch(1, BUSY)]);
    await hosts.pass(20_000);
    await append(hosts, [batch(1, RARE)]);
    await hosts.pass(90_000);
    expect(viewer?.bars).toBe(2);
    await checkAtRest(hosts);
  });

  test("the acknowledgement waits for no relay", async () => {
    const hosts = relayed();
    await connect(hosts, BUSY, FROM_NOW, true);
    hosts.wire.mode = "late";
    // It is answered in turns of the event loop, in which no time passes, and the feed takes some.
    await append(hosts, [batch(1, BUSY)]);
    expect(hosts.seats.open[0]?.hasAll).toBe(false);
    await hosts.pass(500);
    expect(hosts.seats.open[0]?.hasAll).toBe(true);
    await checkAtRest(hosts);
  });

  test("E-4: what is much to send has its turn after the feed, so that what comes meanwhile goes with it", async () => {
    const hosts = relayed();
    // To each of the rooms it is little.
    for (const symbol of [BUSY, RARE]) await connect(hosts, symbol, FROM_NOW, true);
    const sends = hosts.seats.open.map((viewer) => vi.spyOn(viewer, "send"));
    const sent = () => sends.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const [viewer] = hosts.seats.open;
    if (viewer === undefined) expect.fail("nobody is here");
    const { core } = hosts.objectOf(hosts.seats.of(viewer)) as RelayWorld;
    const feed = core.feed.bind(core);
    const sentInFeeds: number[] = [];
    vi.spyOn(core, "feed").mockImplementation((fed) => {
      const before = sent();
      const answer = feed(fed);
      sentInFeeds.push(sent() - before);
      return answer;
    });
    await append(hosts, [batch(1, BUSY, RARE)]);
    await hosts.pass(100);
    expect(hosts.seats.open.map(({ hasAll }) => hasAll)).toEqual([true, true]);
    expect(sentInFeeds).toEqual([0]);
    await checkAtRest(hosts);
  });
});
