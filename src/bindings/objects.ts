import { configOf } from "../config.ts";
import { oncePer } from "../core/answers/once-per.ts";
import { asciiJson } from "../core/events/ascii-json.ts";
import { FIRST_RUNTIME, ownerOfHost } from "../core/placement/ownership.ts";
import type { HostName } from "../core/placement/placement.ts";
import {
  partsOfRelay,
  placeNamed,
  type RelayName,
  type StreamsName,
  streamsOfRelay,
} from "../core/placement/relaying.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Env } from "./env.ts";
import { DIRECTORY_NAME } from "./first-edition.ts";
import type { HostCalls } from "./host.ts";
import { KEEPER_NAME } from "./keeper.ts";
import { KEYS_ON_TRIAL } from "./keys.ts";
import { NOTIFIER_NAME } from "./notifier.ts";
import { type AskKind, askPeer } from "./peers.ts";
import type { FeedAnswer, RelayCalls, RelayFeed } from "./relay.ts";
import { ADDRESS_HEADER, type ObjectAddress, type ObjectBinding } from "./runtime-door.ts";
import type { StreamsCalls } from "./streams.ts";

/*
 * Where an object is: the one place that knows it. A stub that a call has failed on is of no use any more, so whoever calls asks
 * for one each time. With one runtime, as on Cloudflare, all of them are the platform's own stubs.
 */

/** What a class's objects can be asked that changes nothing there. */
const READS: { [Binding in ObjectBinding]?: ReadonlySet<string> } = {
  HOST: new Set<keyof HostCalls>([
    ...(["admits", "hadParts", "untilStored", "poll", "readTail", "positions"] as const),
    ...(["book", "list", "acquaintance", "namesAfter", "readPage", "readMinute"] as const),
    ...(["searchTail", "activeAlerts"] as const),
    // Once or twice is the same to it.
    ...(["watch", "unwatch", "stillWatches", "watchNames"] as const),
  ]),
  RELAY: new Set<keyof RelayCalls>(["feed"]),
  STREAMS: new Set<keyof StreamsCalls>(["feedOf"]),
  KEEPER: new Set(["hosts", "ownHostsAfter", "alertRules", "keptRules", "keptRule"]),
  WRITER: new Set(["identity", "backlog"]),
  NOTIFIER: new Set(["webhooks"]),
  ROOM: new Set(["keysAfter"]),
  DIRECTORY: new Set(["namesAfter"]),
};

/** And what changes something, and done twice is as good as done once: a part of an outbox is stored once (INV-6). */
const REPEATABLE: { [Binding in ObjectBinding]?: ReadonlySet<string> } = {
  WRITER: new Set(["store"]),
};

export function hostAt(env: Env, host: HostName) {
  return at(env, "HOST", host, ownerOf(env, host));
}

/** Number of the runtime that a host is in. */
export function ownerOf(env: Env, host: HostName): number {
  const { RUNTIMES: runtimes } = configOf(env);
  if (runtimes === 1) return FIRST_RUNTIME;
  return ownerOfHost(host, runtimes, () => env.HOST.idFromName(host).toString());
}

/** A relay, which is made where its viewers are. */
export function relayAt(env: Env, relay: RelayName) {
  const { place } = partsOfRelay(relay);
  switch (place.kind) {
    case "runtime":
      return at(env, "RELAY", relay, place.number);
    case "region":
      return env.RELAY.get(env.RELAY.idFromName(relay), { locationHint: place.region });
    default:
      return place satisfies never;
  }
}

/** The object that holds the streams of a place, which is made there. */
export function streamsAt(env: Env, streams: StreamsName) {
  const place = placeNamed(streams);
  switch (place.kind) {
    case "runtime":
      return at(env, "STREAMS", streams, place.number);
    case "region":
      return env.STREAMS.get(env.STREAMS.idFromName(streams), { locationHint: place.region });
    default:
      return place satisfies never;
  }
}

/** Feeds whoever a host knows by this name: a relay, or the streams of a place. */
export function feedTo(env: Env, relay: RelayName, feed: RelayFeed): Promise<FeedAnswer> {
  const streams = streamsOfRelay(relay);
  if (streams !== null) return streamsAt(env, streams).feedOf(partsOfRelay(relay).host, feed);
  return relayAt(env, relay).feed(feed);
}

/** The one object that looks after the whole database. */
export function keeperAt(env: Env) {
  return at(env, "KEEPER", KEEPER_NAME, FIRST_RUNTIME);
}

/** A ledger of `Idempotency-Key`s. */
export function keysAt(env: Env, name: string) {
  return at(env, "KEYS", name, FIRST_RUNTIME);
}

/** The one that finds out whether the disk is full. It knows nothing, so each runtime has its own. */
export function keysOnTrialAt(env: Env) {
  return at(env, "KEYS", KEYS_ON_TRIAL, configOf(env).RUNTIME);
}

/** The runtime whose Writers this one uses. None knows anything that is not in Postgres, so each may have its own. */
function writersOf(env: Env): number {
  const { WRITER_RUNTIME, RUNTIME } = configOf(env);
  return WRITER_RUNTIME ?? RUNTIME;
}

/** A Writer. */
export function writerAt(env: Env, name: string, runtime = writersOf(env)) {
  return at(env, "WRITER", name, runtime);
}

/** The one object that tells webhooks of alerts. */
export function notifierAt(env: Env) {
  return at(env, "NOTIFIER", NOTIFIER_NAME, FIRST_RUNTIME);
}

/** A room of the first edition. */
export function firstRoomAt(env: Env, symbol: SymbolName) {
  return at(env, "ROOM", symbol, FIRST_RUNTIME);
}

/** The directory of the first edition. */
export function firstDirectoryAt(env: Env) {
  return at(env, "DIRECTORY", DIRECTORY_NAME, FIRST_RUNTIME);
}

/** An object of this runtime. */
export function objectHere<Binding extends ObjectBinding>(
  env: Env,
  { binding, name }: ObjectAddress & { binding: Binding },
) {
  const namespace = env[binding] as Namespace<Binding>;
  const { HOST_LOCATION: locationHint } = configOf(env);
  const id = idOf(env, binding, name);
  const stub = locationHint === undefined ? namespace.get(id) : namespace.get(id, { locationHint });
  return stub as Stub<Binding>;
}

/** Ids kept of each class: to make one of a name takes as long as some tens of points. */
const MOST_IDS = 1_000;
const idsOf = oncePer((_: Env) => new Map<ObjectBinding, Map<string, DurableObjectId>>());

function idOf(env: Env, binding: ObjectBinding, name: string): DurableObjectId {
  const ofAll = idsOf(env);
  const ids = ofAll.get(binding) ?? new Map<string, DurableObjectId>();
  ofAll.set(binding, ids);
  let id = ids.get(name);
  if (id === undefined) {
    if (ids.size >= MOST_IDS) ids.clear();
    id = env[binding].idFromName(name);
    ids.set(name, id);
  }
  return id;
}

type Namespace<Binding extends ObjectBinding> = Env[Binding];
type Stub<Binding extends ObjectBinding> = ReturnType<Namespace<Binding>["get"]>;

function at<Binding extends ObjectBinding>(
  env: Env,
  binding: Binding,
  name: string,
  owner: number,
): Stub<Binding> {
  const address = { binding, name };
  return owner === configOf(env).RUNTIME
    ? objectHere(env, address)
    : elsewhere(env, address, owner);
}

/** An object of another runtime, with the methods that it has there. */
function elsewhere<Binding extends ObjectBinding>(
  env: Env,
  address: ObjectAddress & { binding: Binding },
  owner: number,
): Stub<Binding> {
  const reads = READS[address.binding];
  const repeatable = REPEATABLE[address.binding];
  const methods: ProxyHandler<object> = {
    get: (_, method) => {
      if (method === "fetch")
        return (request: Request) => fetchElsewhere(env, address, owner, request);
      // What is looked for under another name is no method, as where somebody awaits the stub itself.
      if (typeof method !== "string" || method === "then") return undefined;
      let kind: AskKind = "change";
      if (reads?.has(method) === true) kind = "read";
      else if (repeatable?.has(method) === true) kind = "repeatable change";
      return (...args: unknown[]) =>
        askPeer(env, owner, kind, (door) => door.call(address, method, args));
    },
  };
  return new Proxy({}, methods) as Stub<Binding>;
}

/** Whoever is let in to watch changes nothing that lasts. */
function fetchElsewhere(
  env: Env,
  address: ObjectAddress,
  owner: number,
  request: Request,
): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set(ADDRESS_HEADER, asciiJson(address));
  return askPeer(env, owner, "read", (door) => door.fetch(new Request(request, { headers })));
}
