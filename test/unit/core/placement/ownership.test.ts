import { describe, expect, it } from "vitest";
import { ownerOfHost } from "../../../../src/core/placement/ownership.ts";
import { type HostName, hostOf, sharedHosts } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";

const idOf = (host: HostName) => () => `id of ${host}`;

describe("the runtime that a host belongs to", () => {
  it("is one each, where there are as many shared hosts as runtimes", () => {
    const hosts = sharedHosts({ ROOM_HOSTS: 5, ROOM_DEDICATED: [] });
    expect(hosts.map((host) => ownerOfHost(host, 5, idOf(host)))).toEqual([0, 1, 2, 3, 4]);
    expect(hosts.map((host) => ownerOfHost(host, 2, idOf(host)))).toEqual([0, 1, 0, 1, 0]);
  });

  it("is spread by the object's id for hosts of one symbol, and is the same each time", () => {
    const counts = [0, 0, 0];
    for (let number = 0; number < 3_000; number += 1) {
      const host = hostOf(`S${number}` as SymbolName, { ROOM_HOSTS: 0, ROOM_DEDICATED: [] });
      const owner = ownerOfHost(host, 3, idOf(host));
      expect(ownerOfHost(host, 3, idOf(host))).toBe(owner);
      counts[owner] = (counts[owner] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });

  it("is the first one where there is no other", () => {
    for (const host of ["host-7", "room:BTC"] as HostName[]) {
      expect(ownerOfHost(host, 1, idOf(host))).toBe(0);
    }
  });
});
