import type { Env } from "../../bindings/env.ts";
import { ownerOf } from "../../bindings/objects.ts";
import { askPeer } from "../../bindings/peers.ts";
import { MOST_HOSTS } from "../../bindings/rooms.ts";
import { type Config, configOf } from "../../config.ts";
import type { HostUse } from "../../core/limits/descriptor-budget.ts";
import { type HostName, hasOwnHosts, hostOf } from "../../core/placement/placement.ts";
import type { RelayName, StreamsName } from "../../core/placement/relaying.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { descriptorsOf } from "../../telemetry/descriptors.ts";
import { type AppContext, nowMs } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";

/** A host that nobody uses is closed after 10 s. */
const RETRY_S = 10;
/** One line says it for all that are refused in so long a time, in ms. */
const SAY_EVERY_MS = 60_000;
const RAISE = "its operator can raise the hard limit of descriptors (ulimit -H -n)";

let saidAtMs = Number.NEGATIVE_INFINITY;

/** Takes a viewer. @throws Refusal where its socket might be the last that the runtime can open (SPEC L-20). */
export async function takeViewer(c: AppContext): Promise<void> {
  const budget = descriptorsOf(c.env);
  if (budget === null) return;
  await budget.look();
  if (!budget.takeViewer()) throw tooManyViewers(c);
}

/** Takes the relay that a viewer connects to. @throws Refusal as for a viewer. */
export function takeRelay(c: AppContext, relay: RelayName): void {
  if (descriptorsOf(c.env)?.takeRelay(relay) === false) throw tooManyViewers(c);
}

/** Takes the object that holds a viewer's stream. @throws Refusal as for a viewer. */
export function takeStreams(c: AppContext, streams: StreamsName): void {
  if (descriptorsOf(c.env)?.takeRelay(streams) === false) throw tooManyViewers(c);
}

function tooManyViewers(c: AppContext): Refusal {
  say(c, "viewers are refused");
  return new Refusal({
    status: 503,
    type: "too-many-viewers",
    title: "Too many viewers",
    detail: `This server has as many viewers as it can hold beside pushes and reads: come back later. For more of them ${RAISE}.`,
    retryAfterS: RETRY_S,
    // Else each of a crowd would be a line of its own.
    isSaid: true,
  });
}

/** May these hosts be used? Each counts where it is. A lone one is always open, whatever rooms it has. */
export async function mayAsk(
  c: AppContext,
  hosts: readonly HostName[],
  use: HostUse,
): Promise<boolean> {
  const config = c.get("config");
  if (hasLoneHosts(config)) return true;
  const taken = Array.from(byRuntime(c.env, hosts), ([runtime, theirs]) =>
    runtime === config.RUNTIME
      ? takeHostsHere(c.env, theirs, use)
      : askPeer(c.env, runtime, "read", (door) => door.takeHosts(theirs, use)),
  );
  return (await Promise.all(taken)).every((isTaken) => isTaken);
}

/** The same for hosts of this runtime. */
export async function takeHostsHere(
  env: Env,
  hosts: readonly HostName[],
  use: HostUse,
): Promise<boolean> {
  const budget = descriptorsOf(env);
  if (budget === null) return true;
  await budget.look();
  return budget.takeHosts(hosts, use);
}

/** Has each runtime one host at the most? */
export function hasLoneHosts(config: Config): boolean {
  return config.ROOM_HOSTS <= config.RUNTIMES && !hasOwnHosts(config);
}

function byRuntime(env: Env, hosts: readonly HostName[]): Map<number, HostName[]> {
  // On Cloudflare nothing is counted, and one runtime has all of them.
  if (configOf(env).RUNTIMES === 1) return new Map([[0, [...hosts]]]);
  return Map.groupBy(hosts, (host) => ownerOf(env, host));
}

/**
 * Takes the hosts of these symbols; before that none of them may be asked.
 *
 * @throws Refusal where one request may not ask so many (SPEC I-17), or they cannot all be open (SPEC L-20).
 */
export async function takeHostsOf(
  c: AppContext,
  symbols: readonly SymbolName[],
  use: HostUse,
): Promise<void> {
  const config = c.get("config");
  if (hasLoneHosts(config)) return;
  const hosts = new Set(symbols.map((symbol) => hostOf(symbol, config)));
  if (hosts.size > MOST_HOSTS) throw new Refusal(tooManySymbols(hosts.size));
  if (await mayAsk(c, [...hosts], use)) return;
  say(c, "symbols are refused");
  const most = descriptorsOf(c.env)?.shares.hosts;
  throw new Refusal({
    status: 503,
    type: "too-many-hosts",
    title: "Too many symbols at once",
    detail: `This server has as many hosts open as it can hold, and one that nobody has used for 10 s leaves its place to others (${most} fit where there are no viewers). Nothing of this request was taken: send it again later, for fewer symbols at once. Its operator can have more symbols share a host (ROOM_HOSTS), or raise the hard limit of descriptors (ulimit -H -n).`,
    retryAfterS: RETRY_S,
    // Else each of a crowd would be a line of its own.
    isSaid: true,
  });
}

function say(c: AppContext, what: string): void {
  const atMs = nowMs(c);
  if (atMs >= saidAtMs && atMs - saidAtMs < SAY_EVERY_MS) return;
  saidAtMs = atMs;
  const budget = descriptorsOf(c.env);
  c.get("logger").warn("descriptors_short", {
    ...{ correlation_id: c.get("correlationId"), what },
    ...{ open: budget?.open, limit: budget?.shares.limit, help: RAISE },
  });
}

function tooManySymbols(hosts: number): ProblemWords {
  return {
    status: 413,
    type: "too-many-symbols",
    title: "Too many symbols in one request",
    detail: `The symbols of this request are on ${hosts} hosts (ROOM_HOSTS, ROOM_DEDICATED), and one request asks at most ${MOST_HOSTS}. Nothing of it was taken: send several smaller ones, or have symbols share hosts.`,
  };
}
