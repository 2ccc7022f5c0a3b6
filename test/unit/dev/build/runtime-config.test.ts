import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { capnpConfig, type RuntimeParts } from "../../../../dev/build/capnp-config.ts";
import { readWranglerToml } from "../../../../dev/build/wrangler-toml.ts";

const TOML = readFileSync(new URL("../../../../wrangler.toml", import.meta.url), "utf8");
const PARTS: RuntimeParts = {
  workerScript: "worker.js",
  assetRouterScript: "asset-router.js",
  assetsDir: "/srv/dist/web",
  objectsDir: "/srv/data/objects",
  httpSockets: 1,
  isBehindGuard: true,
  peers: [],
  fromEnvironment: ["JWT_SECRET", "PUBLIC_READ"],
};

describe("the configuration of the runtime", () => {
  it("has every Durable Object of wrangler.toml, with SQLite", () => {
    const needs = readWranglerToml(TOML);
    expect(needs.durableObjects.map(({ className }) => className)).toEqual([
      "Host",
      "Relay",
      "Streams",
      "Writer",
      "Keeper",
      "Keys",
      "Notifier",
      "Room",
      "Directory",
    ]);
    const config = capnpConfig(needs, PARTS);
    for (const { binding, className } of needs.durableObjects) {
      expect(config).toContain(`(name = "${binding}", durableObjectNamespace = "${className}")`);
      // Files on disk are found by this key: with another one every room would be empty.
      expect(config).toContain(
        `(className = "${className}", uniqueKey = "edgetape-${className}", enableSql = true)`,
      );
    }
  });

  it("lets the environment outdo a variable of wrangler.toml, and writes no secret down", () => {
    const config = capnpConfig(readWranglerToml(TOML), PARTS);
    expect(config).toContain('(name = "PUBLIC_READ", fromEnvironment = "PUBLIC_READ")');
    expect(config).not.toContain('(name = "PUBLIC_READ", text');
    expect(config).toContain('(name = "JWT_SECRET", fromEnvironment = "JWT_SECRET")');
    expect(config).toContain('(name = "LOG_LEVEL", text = "info")');
  });

  it("has clocks and timers that follow the machine's, and lets no viewer compress", () => {
    const config = capnpConfig(readWranglerToml(TOML), PARTS);
    for (const flag of ["precise_timers", "no_web_socket_compression"]) {
      expect(config).toContain(`"${flag}"`);
    }
  });

  it("keeps the runtime's collector short, unless a bench says what V8 is told", () => {
    const flagsOf = (v8Flags?: string[]) => {
      const needs = { ...readWranglerToml(TOML), ...(v8Flags !== undefined && { v8Flags }) };
      return /v8Flags = \[([^\]]*)\]/.exec(capnpConfig(needs, PARTS))?.[1]?.match(/--[\w=-]+/g);
    };
    expect(flagsOf()).toEqual([
      ...["--max-semi-space-size=8", "--initial-old-space-size=128", "--expose-gc"],
    ]);
    expect(flagsOf(["--max-old-space-size=128"])).toEqual(["--max-old-space-size=128"]);
  });

  it("L-20 lists to the Worker what the runtime has open", () => {
    const config = capnpConfig(readWranglerToml(TOML), PARTS);
    expect(config).toContain('(name = "DESCRIPTORS", service = "descriptors")');
    expect(config).toContain('(name = "descriptors", disk = (path = "/dev/fd"))');
  });

  it("is handed its sockets, and knows the doors of the others and no address of its own", () => {
    const peers = [{ number: 1, address: "unix:/srv/data/run/doors/1.sock" }];
    const config = capnpConfig(readWranglerToml(TOML), { ...PARTS, httpSockets: 2, peers });
    expect(config).toContain('(name = "http", http = (), service = "edgetape")');
    expect(config).toContain('(name = "http-1", http = (), service = "edgetape")');
    expect(config).toContain('service = (name = "edgetape", entrypoint = "Door")');
    expect(config).toContain('(name = "RUNTIME_1", service = "runtime-1")');
    expect(config.match(/address = .*/g)?.join()).toContain("unix:/srv/data/run/doors/1.sock");
    expect(capnpConfig(readWranglerToml(TOML), PARTS)).not.toContain("address");
  });

  it("is for the Writers' runtime reached by its door alone", () => {
    const apart = { ...PARTS, httpSockets: 0, isBehindGuard: false };
    const config = capnpConfig(readWranglerToml(TOML), apart);
    expect(config.match(/sockets = \[([^\]]*)\]/)?.[1]?.match(/name = "[a-z]+", http/g)).toEqual([
      'name = "door", http',
    ]);
  });

  it("escapes what a folder's name may hold", () => {
    const config = capnpConfig(readWranglerToml(TOML), {
      ...PARTS,
      objectsDir: '/srv/a "b"\\c\u0007/é',
    });
    expect(config).toContain('"/srv/a \\"b\\"\\\\c\\x07/é"');
  });

  it("refuses a class that no migration makes, by name", () => {
    const without = TOML.replace(', "Writer"', "");
    expect(() => readWranglerToml(without)).toThrow(/Writer in new_sqlite_classes/);
  });

  it("names the field that is missing", () => {
    expect(() => readWranglerToml(TOML.replace(/^main = .*$/m, ""))).toThrow(/main/);
  });
});
