import { expect, it } from "vitest";
import { AppendLanes } from "../../../src/appends/append-lane.ts";
import { type AppendTargets, appendToHosts } from "../../../src/appends/append-to-hosts.ts";
import type { HostBatch, PackedBatch } from "../../../src/bindings/host.ts";
import { encodeEvents } from "../../../src/core/events/encode-events.ts";
import { unpackRooms } from "../../../src/core/events/packed-rooms.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const SYMBOLS = ["A", "B", "C"] as SymbolName[];
const batches = encodeEvents(
  SYMBOLS.map((symbol, at) => ({
    symbol,
    event: { kind: "metric", metric: "m", value: at, ts: 1_000_000 as EpochUs },
  })),
);
const push = { batches, holder: "desk", idempotency: null, correlationId: "c" };
const cursorsOf = ({ rooms }: HostBatch) => rooms.map((_, at) => 1_000 + at);

/** One host that has everything; `host` is what it can be asked. */
function targets(host: object): AppendTargets {
  return {
    rooms: {
      byHost: (items: readonly unknown[]) => [{ host: "host-0", items }],
      hostAt: () => host,
    },
    known: { remember: () => undefined },
    lanes: new AppendLanes(),
    keep: () => undefined,
    signal: new AbortController().signal,
  } as unknown as AppendTargets;
}

it("I-1 gives a host what a request brings, packed", async () => {
  const taken: HostBatch[] = [];
  const host = {
    appendPacked: async (packed: readonly PackedBatch[]) => {
      const unpacked = packed.map((batch) => ({ ...batch, rooms: unpackRooms(batch.rooms) }));
      taken.push(...unpacked);
      return unpacked.map((batch) => ({ kind: "appended", cursors: cursorsOf(batch) }));
    },
  };
  expect(await appendToHosts(targets(host), push)).toMatchObject({
    ...{ kind: "appended", cursors: { A: 1_000, B: 1_001, C: 1_002 } },
  });
  expect(taken).toMatchObject([{ rooms: batches, holder: "desk", correlationId: "c" }]);
});

it("I-1 gives it to a host of the version before as that one knows it", async () => {
  const taken: HostBatch[] = [];
  const host = {
    appendPacked: async () => {
      throw new TypeError('The RPC receiver does not implement the method "appendPacked".');
    },
    append: async (batch: HostBatch) => {
      taken.push(batch);
      return { kind: "appended", cursors: cursorsOf(batch) };
    },
  };
  expect(await appendToHosts(targets(host), push)).toMatchObject({ kind: "appended" });
  expect(taken).toMatchObject([{ rooms: batches }]);
});

it("I-22 sends nothing twice where the call fails in any other way", async () => {
  const host = {
    appendPacked: () => Promise.reject(new TypeError("gone")),
    append: () => Promise.reject(new Error("asked again")),
  };
  await expect(appendToHosts(targets(host), push)).rejects.toThrow("gone");
});
