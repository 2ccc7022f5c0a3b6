import type * as z from "zod";
import type { HostName } from "./placement.ts";

/** Name of a relay: the place where its viewers are, and the host whose rooms they watch, as `PLACE/HOST`. */
export type RelayName = string & z.$brand<"RelayName">;

/** Name of the object that holds the streams of a place, which is the name of the place. */
export type StreamsName = string & z.$brand<"StreamsName">;

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
/** Before the place in the name that a host knows the streams of a place by. */
const STREAMS = "~";

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

/** The object that holds a viewer's stream. Where nobody knows from where it came, that of the first runtime. */
export function streamsOf(where: ViewerPlace): StreamsName {
  const place = where.kind === "region" ? where.region : null;
  return (place ?? `${RUNTIME}${where.kind === "runtime" ? where.own : 0}`) as StreamsName;
}

/** As what the streams of a place watch the rooms of a host. */
export function relayOfStreams(streams: StreamsName, host: HostName): RelayName {
  return relayIn(`${STREAMS}${streams}`, host);
}

/** The streams that are known to hosts by this name; null where it is that of a relay of one host. */
export function streamsOfRelay(relay: RelayName): StreamsName | null {
  if (!relay.startsWith(STREAMS)) return null;
  return relay.slice(STREAMS.length, relay.indexOf("/")) as StreamsName;
}

function relayIn(place: string, host: HostName): RelayName {
  return `${place}/${host}` as RelayName;
}

/** Where relays and streams are. */
type Place = { kind: "runtime"; number: number } | { kind: "region"; region: Region };

/** Where a relay is, and of which host. A host's name may hold a `/`, a place none. */
export function partsOfRelay(relay: RelayName): { place: Place; host: HostName } {
  const end = relay.indexOf("/");
  const host = relay.slice(end + 1) as HostName;
  return {
    place: placeNamed(relay.slice(relay.startsWith(STREAMS) ? STREAMS.length : 0, end)),
    host,
  };
}

/** The place of a relay or of streams by its name. */
export function placeNamed(place: string): Place {
  return place.startsWith(RUNTIME)
    ? { kind: "runtime", number: Number(place.slice(RUNTIME.length)) }
    : { kind: "region", region: place as Region };
}
