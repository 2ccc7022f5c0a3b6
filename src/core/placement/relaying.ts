import type * as z from "zod";
import type { HostName } from "./placement.ts";

/** Name of a relay: the place where its viewers are, and the host whose rooms they watch, as `PLACE/HOST`. */
export type RelayName = string & z.$brand<"RelayName">;

/** Where Cloudflare can be asked to make an object. */
export type Region = "enam" | "sam" | "weur" | "apac" | "oc" | "afr";

/** Where a viewer came in. */
export type ViewerPlace =
  /** On one machine: the number of the runtime that accepted it, and that of the runtime which has the host. */
  | { kind: "runtime"; own: number; owner: number }
  /** On Cloudflare, where relays are on; null where nobody knows from where it came. */
  | { kind: "region"; region: Region | null }
  /** There are no relays: one runtime, or relays are off. */
  | { kind: "anywhere" };

const RUNTIME = "runtime-";

/** By the continent that Cloudflare says a request came from. Nobody is near Antarctica. */
const REGIONS: Readonly<Record<string, Region>> = {
  ...{ NA: "enam", SA: "sam", EU: "weur", AS: "apac", OC: "oc", AF: "afr" },
};

/** The region of a continent, as `request.cf.continent` names it; null where that is not known. */
export function regionOf(continent: string | undefined): Region | null {
  return REGIONS[continent ?? ""] ?? null;
}

/** The relay that a viewer of a host's rooms connects to; null: to the host itself. Pure, so everybody finds the same one. */
export function relayOf(host: HostName, where: ViewerPlace): RelayName | null {
  switch (where.kind) {
    case "runtime":
      return where.own === where.owner ? null : relayIn(`${RUNTIME}${where.own}`, host);
    case "region":
      return where.region === null ? null : relayIn(where.region, host);
    case "anywhere":
      return null;
    default:
      return where satisfies never;
  }
}

function relayIn(place: string, host: HostName): RelayName {
  return `${place}/${host}` as RelayName;
}

/** Where a relay is, and of which host. A host's name may hold a `/`, a place none. */
export function partsOfRelay(relay: RelayName): {
  place: { kind: "runtime"; number: number } | { kind: "region"; region: Region };
  host: HostName;
} {
  const end = relay.indexOf("/");
  const place = relay.slice(0, end);
  const host = relay.slice(end + 1) as HostName;
  if (!place.startsWith(RUNTIME))
    return { place: { kind: "region", region: place as Region }, host };
  return { place: { kind: "runtime", number: Number(place.slice(RUNTIME.length)) }, host };
}
