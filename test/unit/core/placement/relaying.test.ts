import { expect, test } from "vitest";
import type { HostName } from "../../../../src/core/placement/placement.ts";
import { partsOfRelay, regionOf, relayOf } from "../../../../src/core/placement/relaying.ts";

const SHARED = "host-0" as HostName;
const OWN = "room:BTC/USDT:USDT" as HostName;

test("a viewer connects to the host where its own runtime has it, and where there are no relays", () => {
  expect(relayOf(SHARED, { kind: "runtime", own: 1, owner: 1 })).toBeNull();
  expect(relayOf(SHARED, { kind: "anywhere" })).toBeNull();
  expect(relayOf(SHARED, { kind: "region", region: regionOf(undefined) })).toBeNull();
  expect(relayOf(SHARED, { kind: "region", region: regionOf("AN") })).toBeNull();
});

test("a relay is of one place and one host, and its name says which", () => {
  const here = relayOf(OWN, { kind: "runtime", own: 12, owner: 0 });
  expect(here).toBe("runtime-12/room:BTC/USDT:USDT");
  if (here === null) return;
  expect(partsOfRelay(here)).toEqual({ place: { kind: "runtime", number: 12 }, host: OWN });
  const far = relayOf(SHARED, { kind: "region", region: regionOf("EU") });
  expect(far).toBe("weur/host-0");
  if (far === null) return;
  expect(partsOfRelay(far)).toEqual({ place: { kind: "region", region: "weur" }, host: SHARED });
});
