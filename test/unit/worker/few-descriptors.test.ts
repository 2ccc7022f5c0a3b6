import { expect, it } from "vitest";
import { mintToken } from "../../../dev/cli/mint-token.ts";
import { app } from "../../../src/app.ts";
import type { HostBatch } from "../../../src/bindings/host.ts";

const JWT_SECRET = "a secret of the tests, of 32 characters and more";
/** Of 600 that a runtime may have. */
const OPEN = 300;

async function ask(path: string, init: RequestInit, settings: Record<string, string>) {
  const claims = { scopes: ["read", "write"], ttlSeconds: 600 } as const;
  const token = await mintToken(JWT_SECRET, claims, Math.floor(Date.now() / 1_000));
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const byName = <Stub>(get: (name: string) => Stub) => ({
    idFromName: (name: string) => name,
    get,
  });
  return app.request(
    path,
    { ...init, headers },
    {
      ...{ DATABASE_URL: "postgres://nobody@127.0.0.1/none", JWT_SECRET, LOG_LEVEL: "error" },
      ...{ RUNTIME_DESCRIPTORS: "600", ...settings },
      DESCRIPTORS: { fetch: async () => Response.json(new Array(OPEN).fill({})) },
      HOST: byName((name) => ({
        admits: async () => null,
        append: async ({ rooms }: HostBatch) => ({ kind: "appended", cursors: rooms.map(() => 1) }),
        list: async () => ({ symbols: [{ symbol: name.slice("room:".length) }], complete: true }),
      })),
      KEYS: byName(() => ({ canWrite: async () => true })),
      KEEPER: byName(() => ({
        hosts: async () => Array.from({ length: 100 }, (_, at) => `room:R${at}`),
      })),
    },
  );
}

function push(symbols: number, settings: Record<string, string>) {
  const points = Array.from({ length: symbols }, (_, at) => ({
    ...{ symbol: `S${at}`, metric: "m", value: 1 },
  }));
  return ask("/api/metrics", { method: "POST", body: JSON.stringify(points) }, settings);
}

it("L-20 symbols of one host take no descriptors; hosts of their own do, and are refused in words", async () => {
  expect((await push(1_000, {})).status).toBe(202);
  const refused = await push(100, { ROOM_HOSTS: "0" });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    type: "urn:edgetape:problem:too-many-hosts",
    detail: expect.stringContaining("ROOM_HOSTS"),
  });
  expect((await push(5, { ROOM_HOSTS: "0" })).status).toBe(202);
});

it("L-20 a list asks no more hosts than can be open, and says that it is not whole", async () => {
  const response = await ask("/api/symbols", {}, { ROOM_HOSTS: "0" });
  const { symbols, complete } = (await response.json()) as {
    symbols: object[];
    complete: boolean;
  };
  expect(complete).toBe(false);
  expect(symbols.length).toBeGreaterThan(10);
  expect(symbols.length).toBeLessThan(60);
});
