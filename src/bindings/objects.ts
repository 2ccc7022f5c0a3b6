import type { HostName } from "../core/placement.ts";
import { partsOfRelay, type RelayName } from "../core/relaying.ts";
import type { Env } from "./env.ts";
import { KEEPER_NAME } from "./keeper.ts";

/**
 * Where an object is. A stub that a call has failed on is of no use any more, so whoever calls asks for one each time.
 */
export function hostAt(env: Env, host: HostName) {
  return env.HOST.get(env.HOST.idFromName(host));
}

/** A relay, which is made near the viewers that it is for. */
export function relayAt(env: Env, relay: RelayName) {
  const { place } = partsOfRelay(relay);
  const options = place.kind === "region" ? { locationHint: place.region } : {};
  return env.RELAY.get(env.RELAY.idFromName(relay), options);
}

/** The one object that looks after the whole database. */
export function keeperAt(env: Env) {
  return env.KEEPER.get(env.KEEPER.idFromName(KEEPER_NAME));
}
