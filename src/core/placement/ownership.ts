import { type HostName, sharedNumber } from "./placement.ts";
import { shardOf } from "./writer-shard.ts";

/** The runtime of what there is one of: the Keeper, the ledgers of keys, the first edition. */
export const FIRST_RUNTIME = 0;

/** Numbers of all runtimes of a machine: `RUNTIMES` have hosts, and one more may have the Writers. */
export function numbersOfRuntimes(config: {
  RUNTIMES: number;
  WRITER_RUNTIME?: number | undefined;
}): number[] {
  const count = config.RUNTIMES + (config.WRITER_RUNTIME === undefined ? 0 : 1);
  return Array.from({ length: count }, (_, number) => number);
}

/**
 * Number of the runtime that a host is in, of `runtimes` on one machine. Shared hosts take turns, so that as many of them as there
 * are runtimes are in one each. `idOf`: the id of the host's object, which names its file too; asked for other hosts alone.
 */
export function ownerOfHost(host: HostName, runtimes: number, idOf: () => string): number {
  const number = sharedNumber(host);
  return number === null ? ownerOfId(idOf(), runtimes) : number % runtimes;
}

/** The same for a host that is of one symbol alone, by the id of its object. */
export function ownerOfId(id: string, runtimes: number): number {
  return shardOf(id, runtimes);
}

/** Shared hosts that are in other runtimes than `own`: of each a relay may be there. */
export function hostsElsewhere(hosts: number, runtimes: number, own: number): number {
  return hosts - Math.max(0, Math.ceil((hosts - own) / runtimes));
}
