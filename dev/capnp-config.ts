import type { WorkerNeeds } from "./wrangler-toml.ts";

/** Where the parts of the runtime's configuration lie. Scripts are relative to the configuration, folders absolute. */
export type RuntimeParts = {
  workerScript: string;
  assetRouterScript: string;
  /** Folder of the built dashboard. */
  assetsDir: string;
  /** Folder of the Durable Objects' SQLite files. */
  objectsDir: string;
  /** `host:port` to listen on. */
  address: string;
  /** Settings the Worker takes from the environment of the runtime, so that no secret is written to a file. */
  fromEnvironment: readonly string[];
};

/** Name of the socket in the runtime's messages on its control descriptor. */
export const HTTP_SOCKET = "http";

/** Where a process finds its own open descriptors listed, on Linux and on macOS. */
const DESCRIPTORS_DIR = "/dev/fd";

/**
 * Without `precise_timers` an object's clock never goes back: where the machine's is turned back by an hour it stands still for
 * an hour, and so do all timers that are set meanwhile. Cloudflare's clocks are not turned back, and it does not take the flag.
 */
const LOCAL_FLAGS = ["precise_timers"];

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
  ];
  // The unique key names the folder of a class and goes into the ids of its objects: it must never change.
  const namespaces = needs.durableObjects.map(
    ({ className }) =>
      `(className = ${text(className)}, uniqueKey = ${text(`edgetape-${className}`)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edgetape", worker = .edgetape),
    (name = "assets", worker = .assets),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "files", disk = (path = ${text(parts.assetsDir)})),
    (name = "objects", disk = (path = ${text(parts.objectsDir)}, writable = true)),
    (name = "descriptors", disk = (path = ${text(DESCRIPTORS_DIR)})),
  ],
  sockets = [(name = ${text(HTTP_SOCKET)}, address = ${text(parts.address)}, http = (), service = "edgetape")],
  v8Flags = ${list((needs.v8Flags ?? []).map(text))},
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
