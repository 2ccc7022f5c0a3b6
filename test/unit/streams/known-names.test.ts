import { expect, test } from "vitest";
import { KnownNames } from "../../../durable/streams/known-names.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const [ONE, TWO] = ["host-0", "host-1"] as unknown as readonly [HostName, HostName];
const name = (text: string) => text as SymbolName;

function world() {
  const slow = Promise.withResolvers<void>();
  const watched: HostName[] = [];
  const names = new KnownNames({
    hostOf: (symbol) => (symbol.endsWith("1") ? TWO : ONE),
    names: {
      hosts: async () => [ONE, TWO],
      watch: async (host) => void watched.push(host),
      unwatch: async (host) => void watched.splice(watched.indexOf(host), 1),
      after: async (host) => {
        if (host === TWO) await slow.promise;
        return host === ONE ? [name("A0"), name("GONE1")] : [name("A1"), name("B1")];
      },
    },
  });
  return { names, watched, slow };
}

test("ST-5: a pattern that comes while hosts are being asked waits for all of them", async () => {
  const { names, slow } = world();
  const first = names.matching(["A*"]);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  const second = names.matching(["*1"]);
  slow.resolve();
  // A symbol is found where it is placed, and not on a host that had it.
  expect([await first, await second]).toEqual([
    ["A0", "A1"],
    ["A1", "B1"],
  ]);
});

test("ST-5: hosts tell of symbols that come for as long as there is a pattern", async () => {
  const { names, watched, slow } = world();
  slow.resolve();
  await names.matching(["*"]);
  expect(watched.sort()).toEqual([ONE, TWO]);
  names.met(ONE, [name("NEW0")]);
  expect(await names.matching(["NEW*"])).toEqual(["NEW0"]);
  await names.forget();
  expect(watched).toEqual([]);
});
