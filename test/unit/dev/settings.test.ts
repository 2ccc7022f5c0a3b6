import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readWranglerToml } from "../../../dev/build/wrangler-toml.ts";
import {
  hostAndPort,
  readSettings,
  runtimesOf,
  type Settings,
} from "../../../dev/product/settings.ts";

const ROOT = new URL("../../../", import.meta.url);

function settingsOf(environment: Record<string, string>): Settings {
  const answer = readSettings(environment, "/srv/edgetape", 2);
  if (answer.kind === "invalid") throw new Error(answer.problems.join("\n"));
  return answer.settings;
}

function problemsOf(environment: Record<string, string>): string[] {
  const answer = readSettings(environment, "/srv/edgetape");
  return answer.kind === "invalid" ? answer.problems : [];
}

describe("settings of one machine", () => {
  it("has the design's defaults", () => {
    expect(settingsOf({})).toEqual({
      port: 8787,
      host: "127.0.0.1",
      dataDir: "/srv/edgetape/.data",
      runtimes: 1,
      writers: "inside",
      databaseUrl: undefined,
      jwtSecret: undefined,
      jwtJwksUrl: undefined,
      publicRead: "local",
      logLevel: "info",
      workerOnly: { KEEP_RAW_DAYS: "90" },
    });
  });

  it("has a runtime for each core but one, and a host in each unless it is told otherwise", () => {
    const of = (cores: number, environment = {}) => {
      const answer = readSettings(environment, "/srv/edgetape", cores);
      if (answer.kind === "invalid") throw new Error(answer.problems.join("\n"));
      return answer.settings.runtimes;
    };
    expect(of(1)).toBe(1);
    expect(of(2)).toBe(1);
    expect(of(8)).toBe(7);
    expect(of(200)).toBe(64);
    expect(of(8, { RUNTIMES: "1" })).toBe(1);
    expect(problemsOf({ RUNTIMES: "0" })).toEqual(["RUNTIMES must be 1 to 64"]);
    expect(problemsOf({ RUNTIMES: "65" })).toEqual(["RUNTIMES must be 1 to 64"]);
  });

  it("has the Writers apart where there are several runtimes, unless it is told otherwise", () => {
    const of = (cores: number, environment = {}) => {
      const answer = readSettings(environment, "/srv/edgetape", cores);
      if (answer.kind === "invalid") throw new Error(answer.problems.join("\n"));
      return [answer.settings.writers, runtimesOf(answer.settings)];
    };
    expect(of(2)).toEqual(["inside", { RUNTIMES: 1 }]);
    expect(of(8)).toEqual(["apart", { RUNTIMES: 7, WRITER_RUNTIME: 7 }]);
    expect(of(2, { RUNTIMES: "2" })).toEqual(["apart", { RUNTIMES: 2, WRITER_RUNTIME: 2 }]);
    expect(of(1, { WRITERS: "apart" })).toEqual(["apart", { RUNTIMES: 1, WRITER_RUNTIME: 1 }]);
    expect(of(8, { WRITERS: "inside" })).toEqual(["inside", { RUNTIMES: 7 }]);
    expect(problemsOf({ WRITERS: "none" })).toEqual(["WRITERS must be apart or inside"]);
  });

  it("takes an empty variable for an absent one, as compose files write it", () => {
    expect(settingsOf({ PORT: "", DATABASE_URL: "", LIMIT_VIEWERS: "" })).toEqual(settingsOf({}));
  });

  it.each([
    ["127.0.0.1", true],
    ["127.8.9.10", true],
    ["::1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["127.example.com", false],
    ["192.168.0.5", false],
  ])("A-7 opens reading to this machine on %s: %s, and otherwise as it is told", (HOST, isOpen) => {
    expect(settingsOf({ HOST }).publicRead).toBe(isOpen ? "local" : "false");
    expect(settingsOf({ HOST, PUBLIC_READ: "true" }).publicRead).toBe("true");
    expect(settingsOf({ HOST, PUBLIC_READ: "false" }).publicRead).toBe("false");
  });

  it.each([
    ["PORT", "65536"],
    ["PORT", "80a"],
    ["HOST", "a b"],
    ["DATABASE_URL", "mysql://x/y"],
    ["JWT_SECRET", "short"],
    ["JWT_JWKS_URL", "issuer"],
    ["JWT_AUDIENCE", "edgetape"],
    ["JWT_ISSUER", "https://issuer.example"],
    ["PUBLIC_READ", "yes"],
    ["LOG_LEVEL", "loud"],
    ["LOG_FILE_BYTES", "1000"],
    ["LOG_FILES", "1"],
    ["LIMIT_VIEWERS", "-1"],
    ["LIMIT_VIEWERS", "many"],
    ["WRITER_SHARDS", "0"],
    ["ROOM_HOSTS", "many"],
    ["ROOM_DEDICATED", "<BTC>"],
    ["ROOM_NOTHING", "1"],
    ["EMBED_ORIGINS", "desk"],
    ["LIMIT_NOTHING", "1"],
    ["ALLOWED_HOSTS", "a b"],
    ["ALLOWED_NOTHING", "a"],
    ["TRUST_PROXY", "everybody"],
  ])("names the setting %s where it is %j", (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
    expect(problems[0]).not.toContain("undefined");
  });

  it("A-10 hands on whom tokens of an issuer must be for", () => {
    const JWT_JWKS_URL = "https://issuer.example/jwks";
    const claims = { JWT_AUDIENCE: "edgetape", JWT_ISSUER: "https://issuer.example/" };
    expect(settingsOf({ JWT_JWKS_URL, ...claims }).workerOnly).toMatchObject(claims);
    expect(problemsOf({ JWT_JWKS_URL, JWT_AUDIENCE: "a b" })).toHaveLength(1);
  });

  it("writes a log to a file where it is told one", () => {
    expect(settingsOf({}).logFile).toBeUndefined();
    expect(settingsOf({ LOG_FILE: "log/edgetape.log", LOG_FILES: "9" }).logFile).toEqual({
      path: "/srv/edgetape/log/edgetape.log",
      mostBytes: 67_108_864,
      mostFiles: 9,
    });
  });

  it("says everything that is wrong at once", () => {
    expect(problemsOf({ PORT: "x", LOG_LEVEL: "x", LIMIT_VIEWERS: "x" })).toHaveLength(3);
  });

  it("passes the Worker's own settings on as they stand", () => {
    const workerOnly = {
      LIMIT_VIEWERS: "0",
      WRITER_SHARDS: "2",
      KEEP_RAW_DAYS: "7",
      TRUST_PROXY: "loopback",
    };
    expect(settingsOf({ ...workerOnly, SHELL: "/bin/sh" }).workerOnly).toEqual(workerOnly);
  });

  it("keeps raw data for 90 days here, whatever wrangler.toml says of Cloudflare, and for as long as it is told", () => {
    const { vars } = readWranglerToml(readFileSync(new URL("wrangler.toml", ROOT), "utf8"));
    expect(vars["KEEP_RAW_DAYS"]).toBe("14");
    expect(settingsOf({}).workerOnly).toHaveProperty("KEEP_RAW_DAYS", "90");
    expect(settingsOf({ KEEP_RAW_DAYS: "7" }).workerOnly).toEqual({ KEEP_RAW_DAYS: "7" });
  });

  it("writes an IPv6 address in brackets", () => {
    expect(hostAndPort("::1", 80)).toBe("[::1]:80");
    expect(hostAndPort("127.0.0.1", 80)).toBe("127.0.0.1:80");
  });
});
