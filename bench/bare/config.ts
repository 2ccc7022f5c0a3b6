/** One Worker with one SQLite Durable Object class, as plain as `workerd serve` takes it. */
export function bareConfig(script: string, objectsDir: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "bare", worker = .bare),
    (name = "objects", disk = (path = ${JSON.stringify(objectsDir)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "bare")],
);

const bare :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${JSON.stringify(script)})],
  compatibilityDate = "2026-10-20",
  durableObjectNamespaces = [(className = "Room", uniqueKey = "bare-room", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [(name = "ROOM", durableObjectNamespace = "Room")],
);
`;
}
