import type { HostName } from "../core/placement.ts";
import type { Env } from "./env.ts";
import { KEEPER_NAME } from "./keeper.ts";

/**
 * Where an object is. A stub that a call has failed on is of no use any more, so whoever calls asks for one each time.
 */
export function hostAt(env: Env, host: HostName) {
  return env.HOST.get(env.HOST.idFromName(host));
}

/** The one object that looks after the whole database. */
export function keeperAt(env: Env) {
  return env.KEEPER.get(env.KEEPER.idFromName(KEEPER_NAME));
}
