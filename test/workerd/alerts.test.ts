import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Env } from "../../src/bindings/env.ts";
import { keeperAt } from "../../src/bindings/objects.ts";
import {
  alertRulesAnswerSchema,
  alertRulesSetSchema,
  alertsAnswerSchema,
  keptAlertRuleSchema,
} from "../../src/protocol/answers/alerts.ts";
import { pollAnswerSchema } from "../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../src/protocol/answers/problem.ts";
import { soon } from "../soon.ts";
import { ask, hostStubOf, newSymbol, push, tokenOf } from "./edgetape.ts";
import { FakeNeon } from "./fake-neon.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(async () => {
  // The Keeper outlives a test.
  const keeper = keeperAt(env as unknown as Env);
  for (const { rule } of await keeper.keptRules()) await keeper.removeRule(rule.name);
  vi.restoreAllMocks();
});

const put = (name: string, rule: object, scope = "write") =>
  ask(`/api/alerts/rules/${name}`, { method: "PUT", body: JSON.stringify(rule) }, scope);
const setAll = (rules: unknown, headers?: { authorization: string }) =>
  ask(
    "/api/alerts/rules",
    { method: "PUT", body: JSON.stringify(rules), ...(headers !== undefined && { headers }) },
    ...(headers === undefined ? (["write"] as const) : []),
  );
const priceOf = (symbol: string, price: number) => push("trades", { symbol, price, size: 1 });

async function active(query: string) {
  const response = await ask(`/api/alerts${query}`, {}, "read");
  return alertsAnswerSchema.parse(await response.json()).alerts;
}

async function told(symbol: string): Promise<string[]> {
  const response = await ask(`/api/rooms/${symbol}/events?since=0`, {}, "read");
  const { events } = pollAnswerSchema.parse(await response.json());
  return events.flatMap((event) =>
    event.kind === "alert" ? [`${event.rule} ${event.state}`] : [],
  );
}

it("AL-1 AL-4 a rule fires in the log of its symbol, is shown, and is over", async () => {
  const symbol = newSymbol();
  const rule = { symbols: symbol, on: { price: "last" }, condition: { above: 100 } };
  const made = await put("high", rule);
  expect(made.status).toBe(201);
  expect(keptAlertRuleSchema.parse(await made.json())).toMatchObject({ name: "high", ...rule });
  expect((await put("high", rule)).status).toBe(200);
  await priceOf(symbol, 101);
  // Its words may change under it.
  expect((await put("high", { ...rule, severity: "critical" })).status).toBe(200);
  await soon(async () =>
    expect(await active("")).toMatchObject([{ state: "firing", severity: "critical" }]),
  );
  await put("high", rule);
  expect(await active(`?symbol=${symbol}`)).toMatchObject([
    {
      ...{ symbol, rule: "high", state: "firing", value: 101, severity: "warning" },
      message: `${symbol} last price is 101: above 100`,
    },
  ]);
  expect(await active("?state=pending")).toEqual([]);
  await priceOf(symbol, 99);
  expect(await told(symbol)).toEqual(["high firing", "high inactive"]);
  expect(await active("")).toEqual([]);
});

it("AL-1 a rule that names a webhook which is not there is refused", async () => {
  const rule = { symbols: newSymbol(), on: { price: "last" }, condition: { above: 1 } };
  const refused = await put("slip", { ...rule, webhooks: ["nobody"] });
  expect(refused.status).toBe(422);
  expect(problemSchema.parse(await refused.json()).errors).toEqual([
    {
      path: "webhooks[0]",
      message: "names no webhook: PUT /api/alerts/webhooks/nobody makes it",
    },
  ]);
});

it("AL-3 each series of a metric is an alert of its own", async () => {
  const symbol = newSymbol();
  const on = { metric: "cpu", labels: { of: "core" } };
  await put("busy", { symbols: symbol, on, condition: { above: 90 }, webhooks: [] });
  const point = (value: number, labels: object) => ({ symbol, metric: "cpu", value, labels });
  await push("metrics", [
    ...[point(95, { of: "core", host: "a" }), point(80, { of: "core", host: "b" })],
    ...[point(99, { of: "disk" }), point(92, { host: 'c "d"', of: "core" })],
  ]);
  const series = (await active(`?symbol=${symbol}`)).map((alert) => alert.series);
  expect(series.sort()).toEqual(['cpu{host="a",of="core"}', 'cpu{host="c \\"d\\"",of="core"}']);
});

it("AL-2 a rule counts from what is known already, and what it says ends with it", async () => {
  const symbol = newSymbol();
  await priceOf(symbol, 101);
  await put("late", { symbols: `${symbol}*`, on: { price: "last" }, condition: { above: 100 } });
  await soon(async () => expect(await told(symbol)).toEqual(["late firing"]));
  const gone = await ask("/api/alerts/rules/late", { method: "DELETE" }, "write");
  expect(gone.status).toBe(204);
  await soon(async () => expect(await told(symbol)).toEqual(["late firing", "late inactive"]));
  expect((await ask("/api/alerts/rules/late", {}, "read")).status).toBe(404);
});

it("AL-10 what fires goes on firing where the host begins anew", async () => {
  const symbol = newSymbol();
  await put("high", { symbols: symbol, on: { price: "last" }, condition: { above: 100 } });
  await priceOf(symbol, 101);
  await evictDurableObject(hostStubOf(symbol));
  expect(await active(`?symbol=${symbol}`)).toMatchObject([{ rule: "high", state: "firing" }]);
  await priceOf(symbol, 102);
  await priceOf(symbol, 98);
  expect(await told(symbol)).toEqual(["high firing", "high inactive"]);
});

it("AL-11 pushes go on, and alerts with them, while Postgres is away", async () => {
  const symbol = newSymbol();
  await priceOf(symbol, 1);
  neon.isAway = true;
  await put("high", { symbols: symbol, on: { price: "last" }, condition: { above: 100 } });
  await priceOf(symbol, 101);
  expect(await active(`?symbol=${symbol}`)).toMatchObject([{ rule: "high", state: "firing" }]);
});

it("AL-1 WH-1 whether a webhook is there is told to nobody whose token is for some symbols", async () => {
  const symbol = newSymbol();
  const url = "https://desk.example/alerts";
  const desk = (init: RequestInit) => ask("/api/alerts/webhooks/desk", init, "write");
  expect((await desk({ method: "PUT", body: JSON.stringify({ url }) })).status).toBe(201);
  const rule = { symbols: symbol, on: { price: "last" }, condition: { above: 1 } };
  const token = await tokenOf({ scope: "write", symbols: [symbol] });
  const headers = { authorization: `Bearer ${token}` };
  const answers = async (webhook: string) => {
    const named = { ...rule, webhooks: [webhook] };
    const one = await ask("/api/alerts/rules/narrow", {
      ...{ method: "PUT", headers, body: JSON.stringify(named) },
    });
    const all = await setAll([{ ...named, name: "narrow" }], headers);
    await ask("/api/alerts/rules/narrow", { method: "DELETE", headers });
    return [one.status, all.status, await all.json()];
  };
  const there = await answers("desk");
  expect(there.slice(0, 2)).toEqual([201, 200]);
  expect(await answers("nobody")).toEqual(there);
  expect((await desk({ method: "DELETE" })).status).toBe(204);
});

it("AL-1 what is wrong with a rule is said, and whoever may not have it is refused", async () => {
  const wrong = await put("bad", {
    ...{ symbols: "*", on: { silence: "trade" }, condition: { above: 1 }, for: "soon" },
  });
  expect(wrong.status).toBe(422);
  const { errors = [] } = problemSchema.parse(await wrong.json());
  expect(errors.map(({ path }) => path)).toEqual(["for", "condition"]);
  const rule = { symbols: "A-*", on: { metric: "m" }, condition: { above: 1 } };
  expect((await put("r", rule, "read")).status).toBe(403);
  const token = await tokenOf({ scope: "write", symbols: ["A-1", "B-*"] });
  const headers = { authorization: `Bearer ${token}` };
  const byToken = (symbols: string) =>
    ask("/api/alerts/rules/r", {
      ...{ method: "PUT", headers, body: JSON.stringify({ ...rule, symbols }) },
    });
  expect((await byToken("A-*")).status).toBe(403);
  expect((await byToken("A-1")).status).toBe(201);
  expect((await byToken("B-*")).status).toBe(200);
});

it("AL-1 a name that is taken tells nothing of whose rule it is", async () => {
  const rule = { symbols: "CLIENT-B-SECRET", on: { price: "last" }, condition: { above: 1 } };
  await put("taken", rule);
  const token = await tokenOf({ scope: "write", symbols: ["A-1"] });
  const response = await ask("/api/alerts/rules/taken", {
    ...{ method: "PUT", headers: { authorization: `Bearer ${token}` } },
    body: JSON.stringify({ ...rule, symbols: "A-1" }),
  });
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain("CLIENT-B");
});

it("AL-1 a rule that could match no symbol, or a label that would be lost, is refused", async () => {
  const rule = { symbols: "A", on: { price: "last" }, condition: { above: 1 } };
  for (const symbols of ["Cafe\u0301", "Cafe\u0301*", "A\tB", ""]) {
    const response = await put("never", { ...rule, symbols });
    expect(response.status, symbols).toBe(422);
    expect(problemSchema.parse(await response.json()).errors?.[0]?.path).toBe("symbols");
  }
  for (const symbols of ["Caf\u00e9", "Caf\u00e9*", "*", "A B*", "A\\*"]) {
    expect((await put("some", { ...rule, symbols })).status, symbols).toBeLessThan(300);
  }
  const text = JSON.stringify({ ...rule, on: { metric: "m", labels: { key: "x" } } });
  const response = await ask(
    "/api/alerts/rules/lost",
    { method: "PUT", body: text.replace("key", "__proto__") },
    "write",
  );
  expect(response.status).toBe(422);
});

it("AL-13 a list of rules becomes the whole, and sent again it changes nothing", async () => {
  const symbol = newSymbol();
  const set = async (rules: unknown) =>
    alertRulesSetSchema.parse(await (await setAll(rules)).json());
  const labels = { venue: "x", host: "a" };
  const rule = { symbols: symbol, on: { metric: "m", labels }, condition: { above: 1 }, for: "1h" };
  const [high, low] = [
    { name: "high", ...rule },
    { name: "low", ...rule, condition: { below: -1 } },
  ];
  expect(await set([high, low])).toEqual({
    ...{ made: ["high", "low"], changed: [], deleted: [], unchanged: [] },
  });
  await push("metrics", { symbol, metric: "m", labels, value: 2 });
  const pending = await active(`?symbol=${symbol}`);
  expect(pending).toMatchObject([{ rule: "high", state: "pending" }]);
  // As another program writes it, and as it is read.
  const respelled = {
    ...{ for: "1h", condition: { above: 1 }, symbols: symbol, name: "high" },
    on: { labels: { host: "a", venue: "x" }, metric: "m" },
  };
  const again = { made: [], changed: [], deleted: [], unchanged: ["high", "low"] };
  expect(await set([low, respelled])).toEqual(again);
  const { rules } = alertRulesAnswerSchema.parse(
    await (await ask("/api/alerts/rules", {}, "read")).json(),
  );
  expect(await set(rules)).toEqual(again);
  expect(await active(`?symbol=${symbol}`)).toEqual(pending);
  expect(
    await set([
      { ...high, severity: "critical" },
      { ...high, name: "new" },
    ]),
  ).toEqual({
    ...{ made: ["new"], changed: ["high"], deleted: ["low"], unchanged: [] },
  });
  await soon(async () =>
    expect((await active(`?symbol=${symbol}`)).map((alert) => alert.since)).toContain(
      pending[0]?.since,
    ),
  );
  const wrong = await setAll([
    { ...high, condition: { above: "5" } },
    ...[{ ...low, for: "soon", colour: "red" }, { ...rule }],
  ]);
  const { errors = [] } = problemSchema.parse(await wrong.json());
  expect([wrong.status, errors.map(({ path }) => path)]).toEqual([
    ...[422, ["[0].condition", "[1].for", "[1]", "[2].name"]],
  ]);
  const twice = await setAll([high, { ...low, webhooks: ["slip"] }, high]);
  expect(problemSchema.parse(await twice.json()).errors?.map(({ path }) => path)).toEqual([
    ...["[2].name", "[1].webhooks[0]"],
  ]);
  const token = await tokenOf({ scope: "write", symbols: ["OTHER"] });
  const headers = { authorization: `Bearer ${token}` };
  const foreign = await setAll([{ ...high, symbols: "OTHER" }, low], headers);
  expect(foreign.status).toBe(403);
  expect(problemSchema.parse(await foreign.json()).errors?.map(({ path }) => path)).toEqual([
    "[1].symbols",
  ]);
  const taken = await setAll([{ ...high, symbols: "OTHER" }], headers);
  expect(problemSchema.parse(await taken.json()).errors?.map(({ path }) => path)).toEqual([
    "[0].name",
  ]);
  const left = await (await ask("/api/alerts/rules", {}, "read")).json();
  expect(alertRulesAnswerSchema.parse(left).rules.map(({ name }) => name)).toEqual(["high", "new"]);
  expect(await set([])).toMatchObject({ deleted: ["high", "new"] });
});
