import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { AlertNotice } from "../../src/bindings/alerts.ts";
import type { Env } from "../../src/bindings/env.ts";
import { NOTIFIER_NAME, type NotifierCalls } from "../../src/bindings/notifier.ts";
import { configOf } from "../../src/config.ts";
import { soon } from "../soon.ts";
import { ask, tokenOf } from "./edgetape.ts";

const ROUTE = "/api/alerts/webhooks";
const URL_OF_DESK = "https://desk.example/alerts?key=1";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

afterEach(() => vi.restoreAllMocks());

const set = (name: string, body: unknown, scope = "write") =>
  ask(`${ROUTE}/${name}`, { method: "PUT", body: JSON.stringify(body) }, scope);

function notifier(): DurableObjectStub<NotifierCalls> & DurableObjectStub {
  const { NOTIFIER } = env as unknown as Env;
  return NOTIFIER.get(NOTIFIER.idFromName(NOTIFIER_NAME)) as ReturnType<typeof notifier>;
}

it("WH-1 a webhook is set, told without its secret, and removed", async () => {
  const made = await set("desk", { url: URL_OF_DESK });
  expect(made.status).toBe(201);
  expect(await made.json()).toEqual({
    ...{ name: "desk", url: URL_OF_DESK },
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  });
  const again = await set("desk", { url: URL_OF_DESK, secret: SECRET });
  expect([again.status, await again.json()]).toEqual([200, { name: "desk", url: URL_OF_DESK }]);
  const told = { name: "desk", url: URL_OF_DESK, waiting: 0 };
  expect(await (await ask(ROUTE, {}, "write")).json()).toEqual({ webhooks: [told] });
  expect(await (await ask(`${ROUTE}/desk`, {}, "write")).json()).toEqual(told);
  const remove = () => ask(`${ROUTE}/desk`, { method: "DELETE" }, "write");
  expect([(await remove()).status, (await remove()).status]).toEqual([204, 404]);
  expect((await ask(`${ROUTE}/desk`, {}, "write")).status).toBe(404);
  expect((await ask(`${ROUTE}/desk/test`, { method: "POST" }, "write")).status).toBe(404);
});

it("WH-1 is for who may write all symbols", async () => {
  const some = { authorization: `Bearer ${await tokenOf({ scope: "write", symbols: ["A*"] })}` };
  for (const [path, method] of [
    ["", "GET"],
    ["/desk", "GET"],
    ["/desk", "PUT"],
    ["/desk", "DELETE"],
    ["/desk/test", "POST"],
  ] as const) {
    const body = method === "PUT" ? JSON.stringify({ url: URL_OF_DESK }) : null;
    const asked = { method, ...(body !== null && { body }) };
    expect((await ask(ROUTE + path, asked)).status).toBe(401);
    expect((await ask(ROUTE + path, asked, "read")).status).toBe(403);
    expect((await ask(ROUTE + path, { ...asked, headers: some })).status).toBe(403);
  }
});

it("WH-7 what is wrong with one is said, and none is kept", async () => {
  for (const [body, path, why] of [
    [{ url: "http://desk.example/" }, "url", "must begin with https://"],
    [{ url: "https://169.254.169.254/latest/" }, "url", "must be on the public net"],
    [{ url: "https://2130706433/" }, "url", "must be on the public net"],
    [{ url: "https://database/sql" }, "url", "must be on the public net"],
    [{ url: "desk.example" }, "url", "must be a URL"],
    [{}, "url", "must be a URL"],
    [{ url: URL_OF_DESK, secret: "whsec_short" }, "secret", "must be whsec_"],
    [{ url: URL_OF_DESK, secret: SECRET.slice(6) }, "secret", "must be whsec_"],
    [{ url: URL_OF_DESK, secrets: SECRET }, "body", "has unknown secrets"],
    [[], "body", ""],
  ] as const) {
    const answer = await set("bad", body);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      errors: [{ path, message: expect.stringContaining(why) }],
    });
  }
  expect((await set("bad", "{")).status).toBe(422);
  const broken = { method: "PUT", body: "{" };
  expect((await ask(`${ROUTE}/bad`, broken, "write")).status).toBe(400);
  for (const name of ["a%2Fb", "_a", ".a", "x".repeat(65)]) {
    expect((await set(name, { url: URL_OF_DESK })).status).toBe(400);
  }
  expect(await (await ask(ROUTE, {}, "write")).json()).toEqual({ webhooks: [] });
});

it("WH-7 on Cloudflare no host is let to by a setting", async () => {
  Object.assign(configOf(env), { ALLOWED_WEBHOOK_HOSTS: [{ host: "10.0.0.7", port: null }] });
  expect((await set("own", { url: "https://10.0.0.7/" })).status).toBe(422);
});

it("WH-4 what is to be told is kept until it has arrived", async () => {
  await set("desk", { url: URL_OF_DESK, secret: SECRET });
  const asked: [string, RequestInit][] = [];
  let status = 503;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    asked.push([String(url), init ?? {}]);
    return new Response(null, { status, headers: { location: "https://10.0.0.1/" } });
  });
  const notice: AlertNotice = {
    change: {
      ...{ id: "high ACME firing 1", rule: "high", symbol: "ACME", from: "pending", to: "firing" },
      ...{ value: 101.5, atUs: 1_795_000_000_000_000, message: "too high" },
    },
  };
  await notifier().notify([notice]);
  await soon(() => expect(asked).toHaveLength(1));
  await soon(async () => {
    expect(await (await ask(`${ROUTE}/desk`, {}, "write")).json()).toMatchObject({
      ...{ waiting: 1, failures: 1, failure: "answered 503" },
    });
  });
  // In two seconds it goes off by itself.
  const alarmMs = await runInDurableObject(notifier(), (_, { storage }) => storage.getAlarm());
  expect(alarmMs).toBeGreaterThan(0);
  await notifier().notify([notice]);
  status = 307;
  // Who sets it anew need not wait.
  await set("desk", { url: URL_OF_DESK });
  await soon(async () => {
    expect(await (await ask(`${ROUTE}/desk`, {}, "write")).json()).toMatchObject({
      ...{ waiting: 1, failures: 1, failure: "answered 307: redirects are not followed" },
    });
  });
  status = 204;
  await ask(`${ROUTE}/desk/test`, { method: "POST" }, "write");
  await soon(async () => {
    expect(await (await ask(`${ROUTE}/desk`, {}, "write")).json()).toEqual({
      ...{ name: "desk", url: URL_OF_DESK, waiting: 0 },
    });
  });
  expect(new Set(asked.map(([url]) => url))).toEqual(new Set([URL_OF_DESK]));
  expect(new Set(asked.map(([, { redirect }]) => redirect))).toEqual(new Set(["manual"]));
  const left = await runInDurableObject(notifier(), async (_, { storage }) => [
    [...storage.sql.exec("SELECT * FROM deliveries")].length,
    await storage.getAlarm(),
  ]);
  expect(left).toEqual([0, null]);
  const metrics = await (await ask("/metrics", {}, "read")).text();
  expect(metrics).toContain("edgetape_webhooks_waiting 0");
  expect(metrics).toMatch(/edgetape_webhook_attempts_total\{outcome="delivered"\} [1-9]/);
});
