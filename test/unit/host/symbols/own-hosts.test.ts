import { expect, it } from "vitest";
import { OwnHosts } from "../../../../durable/keeper/own-hosts.ts";
import { Placements } from "../../../../durable/keeper/placements.ts";
import type { HostName, Placement } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { memorySql } from "../../room/sqlite-port.ts";

const SHARED: Placement = { ROOM_HOSTS: 1, ROOM_DEDICATED: [] };
const OWN: Placement = { ROOM_HOSTS: 0, ROOM_DEDICATED: [] };

it("hosts of one symbol are those of what Postgres and the hosts of before know, found out once", async () => {
  const placements = new Placements(memorySql());
  placements.announce("host-0" as HostName, SHARED);
  let isAway = true;
  let asked = 0;
  let nowMs = 0;
  const make = (placement: Placement) =>
    new OwnHosts({
      ...{ placements, placement, nowMs: () => nowMs, failed: () => undefined },
      readStored: async () => {
        asked += 1;
        if (isAway) throw new Error("Postgres is away");
        return ["STORED" as SymbolName];
      },
      namesAfter: async (host, after) =>
        host === "host-0" && after === "" ? ["UNSTORED" as SymbolName] : [],
    });
  expect(await make(SHARED).learn()).toBe(true);
  const hosts = make(OWN);
  expect([await hosts.learn(), placements.hostsOf(OWN)]).toEqual([false, []]);
  isAway = false;
  nowMs = 1_000;
  expect(await hosts.learn()).toBe(true);
  expect(placements.hostsOf(OWN)).toEqual(["room:STORED", "room:UNSTORED"]);
  expect(placements.hostsOf(SHARED)).toEqual(["host-0"]);
  expect(await make(OWN).learn()).toBe(true);
  expect(asked).toBe(2);
});
