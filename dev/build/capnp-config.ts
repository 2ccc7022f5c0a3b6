import type { WorkerNeeds } from "./wrangler-toml.ts";

/** Where the parts of the runtime's configuration lie. Scripts are relative to the configuration, folders absolute. */
export type RuntimeParts = {
  workerScript: string;
  assetRouterScript: string;
  /** Folder of the built dashboard. */
  assetsDir: string;
  /** Folder of the Durable Objects' SQLite files. */
  objectsDir: string;
  /** Sockets for everybody, which it is handed; none where the guard accepts in its place. */
  httpSockets: number;
  /** Does the guard hand requests on to it? */
  isBehindGuard: boolean;
  /** Doors of the other runtimes of this machine: number and address. */
  peers: readonly { number: number; address: string }[];
  /** Settings the Worker takes from the environment of the runtime, so that no secret is written to a file. */
  fromEnvironment: readonly string[];
};

/** Name of the socket on which the guard hands requests on, and the header in which it says who sent one. */
export const GUARDED_SOCKET = "guarded";
export const GUARDED_CF_HEADER = "x-edgetape-cf";
/** Name of the socket of its door, for the supervisor and the other runtimes. */
export const DOOR_SOCKET = "door";
/** Calls between runtimes are a protocol of their own: a connection for them asks for this host. */
const CALLS = 'capnpConnectHost = "edgetape:1"';

/** Name of a socket for everybody. */
export function httpSocketName(at: number): string {
  return at === 0 ? "http" : `http-${at}`;
}

/**
 * What only looks public to the runtime: addresses of IPv6 that hold or may lead to one of IPv4 (NAT64, 6to4, Teredo), old local ones,
 * and IPv4's for benchmarks. Mapped, private, local and reserved addresses it knows itself.
 */
const NOT_PUBLIC = [
  ...["64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "100::/64"],
  ...["2001:db8::/32", "3fff::/20", "5f00::/16"],
  ...["198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24"],
];

/** Where a process finds its own open descriptors listed, on Linux and on macOS. */
const DESCRIPTORS_DIR = "/dev/fd";

/**
 * Without `precise_timers` an object's clock never goes back: where the machine's is turned back by an hour it stands still for
 * an hour, and so do all timers that are set meanwhile. Cloudflare's clocks are not turned back, and it does not take the flag.
 */
const LOCAL_FLAGS = ["precise_timers"];

/**
 * What survives is copied with everything else standing still, so of less at once: young objects have 8 MB and not 16. And workerd has V8 mark the
 * old ones in one piece, never by steps: not before there are 128 MB of them, where V8 begins with some 50. `--expose-gc` is for sockets
 * that nothing but the collector ends (durable/viewer-object/spent-sockets.ts).
 */
const V8_FLAGS = ["--max-semi-space-size=8", "--initial-old-space-size=128", "--expose-gc"];

/**
 * The configuration of `workerd serve`, as Cap'n Proto text (schema: node_modules/workerd/workerd.capnp): the Worker
 * with its Durable Objects on local disk, the files of the dashboard behind the asset router, and a network that
 * reaches loopback too, where the database endpoint listens.
 */
export function capnpConfig(needs: WorkerNeeds, parts: RuntimeParts): string {
  const vars = Object.entries(needs.vars).filter(([name]) => !parts.fromEnvironment.includes(name));
  const bindings = [
    ...vars.map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...parts.fromEnvironment.map(
      (name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`,
    ),
    ...needs.durableObjects.map(
      (each) => `(name = ${text(each.binding)}, durableObjectNamespace = ${text(each.className)})`,
    ),
    `(name = ${text(needs.assets.binding)}, service = "assets")`,
    `(name = "DESCRIPTORS", service = "descriptors")`,
    `(name = "PUBLIC_NETWORK", service = "public-network")`,
    ...parts.peers.map(
      ({ number }) => `(name = ${text(`RUNTIME_${number}`)}, service = ${text(peerName(number))})`,
    ),
  ];
  // The unique key names the folder of a class and goes into the ids of its objects: it must never change.
  const namespaces = needs.durableObjects.map(
    ({ className }) =>
      `(className = ${text(className)}, uniqueKey = ${text(`edgetape-${className}`)}, enableSql = true)`,
  );
  const peers = parts.peers.map(
    ({ number, address }) =>
      `(name = ${text(peerName(number))}, external = (address = ${text(address)}, http = (${CALLS})))`,
  );
  const sockets = [
    ...Array.from(
      { length: parts.httpSockets },
      (_, at) => `(name = ${text(httpSocketName(at))}, http = (), service = "edgetape")`,
    ),
    ...(parts.isBehindGuard
      ? [
          `(name = ${text(GUARDED_SOCKET)}, http = (cfBlobHeader = ${text(GUARDED_CF_HEADER)}), service = "edgetape")`,
        ]
      : []),
    `(name = ${text(DOOR_SOCKET)}, http = (${CALLS}), service = (name = "edgetape", entrypoint = "Door"))`,
  ];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edgetape", worker = .edgetape),
    (name = "assets", worker = .assets),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "public-network", network = (allow = ["public"], deny = ${list(NOT_PUBLIC.map(text))}, tlsOptions = (trustBrowserCas = true))),
    (name = "files", disk = (path = ${text(parts.assetsDir)})),
    (name = "objects", disk = (path = ${text(parts.objectsDir)}, writable = true)),
    ${[`(name = "descriptors", disk = (path = ${text(DESCRIPTORS_DIR)}))`, ...peers].join(",\n    ")},
  ],
  sockets = ${list(sockets)},
  v8Flags = ${list((needs.v8Flags ?? V8_FLAGS).map(text))},
);

const edgetape :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(parts.workerScript)})],
  compatibilityDate = ${text(needs.compatibilityDate)},
  compatibilityFlags = ${list([...needs.compatibilityFlags, ...LOCAL_FLAGS].map(text))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "objects"),
);

const assets :Workerd.Worker = (
  modules = [(name = "asset-router", esModule = embed ${text(parts.assetRouterScript)})],
  compatibilityDate = ${text(needs.compatibilityDate)},
  bindings = [(name = "FILES", service = "files")],
);
`;
}

function peerName(number: number): string {
  return `runtime-${number}`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n    ${items.join(",\n    ")},\n  ]`;
}

/** A Cap'n Proto text literal: C's escapes, of which JSON's are a part but for \\u. */
function text(value: string): string {
  return JSON.stringify(value).replace(/\\u([0-9a-f]{4})/g, (_, hex: string) => {
    return [...Buffer.from(String.fromCharCode(Number.parseInt(hex, 16)))]
      .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
      .join("");
  });
}
