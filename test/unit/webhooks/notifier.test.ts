import { describe, expect, it } from "vitest";
import { Clock } from "../../../durable/clock.ts";
import { NotifierCore, type NotifierPorts } from "../../../durable/notifier/notifier-core.ts";
import type { SqlValue } from "../../../durable/room/sql-port.ts";
import type { AlertNotice } from "../../../src/bindings/alerts.ts";
import type { AlertChange } from "../../../src/core/alerts/alert-change.ts";
import { soon } from "../../soon.ts";
import { memorySql } from "../room/sqlite-port.ts";

/** A moment that tests are at, in ms. */
const NOW_MS = Date.UTC(2026, 10, 27, 12);
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

type Received = { url: string; headers: Headers; body: string; redirect: string | undefined };
type Answer = (received: Received, signal: AbortSignal) => Promise<Response> | Response;

/** A Notifier in a world of its own: time goes on by hand, and receivers are functions. */
class World {
  nowMs = NOW_MS;
  alarmMs: number | null = null;
  readonly received: Received[] = [];
  readonly networks: string[] = [];
  readonly lines: [event: string, fields: Record<string, unknown>][] = [];
  readonly restarts: string[] = [];
  answer: Answer = () => new Response(null, { status: 204 });
  readonly sql = memorySql();
  readonly #timers = new Set<{ dueMs: number; fire: () => void }>();
  core = this.begin();

  /** As after whatever ended the one before: what is on the disk is all that is left. */
  begin(changed: Partial<NotifierPorts> = {}): NotifierCore {
    this.core = new NotifierCore({ ...this.#ports(), ...changed });
    return this.core;
  }

  #ports(): NotifierPorts {
    const log = (event: string, fields: Record<string, unknown> = {}) => {
      this.lines.push([event, fields]);
    };
    return {
      sql: this.sql,
      clock: new Clock({
        nowMs: () => this.nowMs,
        setTimer: (fire, ms) => {
          const timer = { dueMs: this.nowMs + ms, fire };
          this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
      }),
      ...{ random: () => 0.5, newId: () => "0123456789abcdef-a-new-id" },
      ask: { public: this.#ask("public"), allowed: this.#ask("allowed") },
      ...{ allowed: [{ host: "127.0.0.1", port: "9000" }], measure: () => undefined },
      alarm: {
        set: (atMs) => {
          this.alarmMs = atMs;
        },
        clear: () => {
          this.alarmMs = null;
        },
      },
      restart: async (atMs, why) => {
        this.alarmMs = atMs;
        this.restarts.push(why);
      },
      logger: { debug: log, info: log, warn: log, error: log, isEnabledFor: () => true },
    };
  }

  #ask(network: string): NotifierPorts["ask"]["public"] {
    return async (url, { headers, body, redirect, signal }) => {
      const received = {
        url,
        headers: new Headers(headers as HeadersInit),
        body: String(body),
        redirect,
      };
      this.received.push(received);
      this.networks.push(network);
      return this.answer(received, signal as AbortSignal);
    };
  }

  get timers(): number {
    return this.#timers.size;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs);
      const [next] = due.sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.fire();
    }
    this.nowMs = untilMs;
    await settle();
  }

  /** Lets alarms go off for so long. */
  async run(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (this.alarmMs !== null && this.alarmMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.alarmMs);
      this.alarmMs = null;
      await this.core.alarm();
    }
    this.nowMs = untilMs;
  }

  /** To sign takes another thread. */
  async untilReceived(count: number): Promise<void> {
    await soon(() => expect(this.received).toHaveLength(count));
  }

  events(): string[] {
    return this.lines.map(([event]) => event);
  }
}

/** Real I/O, as of signing, takes turns of the loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

let made = 0;
function notice(change: Partial<AlertChange> = {}, more: Partial<AlertNotice> = {}): AlertNotice {
  made += 1;
  const told = { rule: "high", symbol: "ACME", from: "pending", to: "firing", ...change } as const;
  return {
    change: {
      ...{ id: `change ${made}`, value: 101.5, atUs: NOW_MS * 1_000 + 250, message: "too high" },
      ...told,
    },
    ...more,
  };
}

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async function worldWith(...names: string[]): Promise<World> {
  const world = new World();
  for (const name of names) {
    world.core.setWebhook(name, { url: `https://${name}.example.com/hook`, secret: SECRET });
  }
  await world.run(0);
  return world;
}

async function signatureOf(secret: string, { headers, body }: Received): Promise<string> {
  const raw = Buffer.from(secret.slice("whsec_".length), "base64");
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const text = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
  const bytes = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return `v1,${Buffer.from(bytes).toString("base64")}`;
}

const rules = (world: World) =>
  world.received.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: Record<string, unknown> };
    return [type, data["rule"], data["symbol"]].join(" ");
  });

describe("WH-2 WH-3 what a webhook is sent", () => {
  it("is signed by Standard Webhooks, at the second of the attempt", async () => {
    const world = await worldWith("desk");
    await world.core.notify([notice({ series: 'load{host="a"}' }, { correlationId: TRACE })]);
    await world.run(0);
    const [received] = world.received as [Received];
    expect(received.url).toBe("https://desk.example.com/hook");
    expect(received.redirect).toBe("manual");
    expect(Object.fromEntries(received.headers)).toMatchObject({
      "content-type": "application/json",
      "webhook-id": expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      "webhook-timestamp": String(NOW_MS / 1_000),
      "x-correlation-id": TRACE,
      traceparent: `00-${TRACE}-0123456789abcdef-01`,
    });
    expect(received.headers.get("webhook-signature")).toBe(await signatureOf(SECRET, received));
    expect(JSON.parse(received.body)).toEqual({
      type: "alert.firing",
      timestamp: "2026-11-27T12:00:00.000250Z",
      data: {
        ...{ id: `change ${made}`, rule: "high", symbol: "ACME", series: 'load{host="a"}' },
        ...{ from: "pending", to: "firing", value: 101.5, message: "too high" },
      },
    });
    expect(world.alarmMs).toBeNull();
  });

  it("is signed as the specification's own example", async () => {
    const { signedHeaders } = await import("../../../src/formats/webhooks/signature.ts");
    const body = '{"test": 2432232314}';
    // Of the reference libraries' tests: their secret, message and signature.
    expect(
      await signedHeaders([SECRET], {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        atS: 1_614_265_330,
        body,
      }),
    ).toMatchObject({
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("tells that an alert fires and that it has ended, and nothing of what is pending", async () => {
    const world = await worldWith("desk");
    await world.core.notify([
      notice({ from: "inactive", to: "pending" }),
      notice({ from: "pending", to: "inactive" }),
      notice({ from: "inactive", to: "firing" }),
      notice({ from: "firing", to: "inactive" }),
    ]);
    await world.run(0);
    expect(rules(world)).toEqual(["alert.firing high ACME", "alert.resolved high ACME"]);
  });

  it("goes to the webhooks that the rule names, or to all; of one that nobody has set it says so", async () => {
    const world = await worldWith("a", "b", "c");
    await world.core.notify([
      notice({}, { webhooks: ["b", "b", "nobody"] }),
      notice({ rule: "all" }),
    ]);
    await world.run(0);
    expect(world.received.map(({ url }) => new URL(url).hostname[0]).sort()).toEqual([..."abbc"]);
    expect(world.lines[0]).toEqual([
      "webhook_unknown",
      expect.objectContaining({ webhook: "nobody", rule: "high" }),
    ]);
  });

  it("is signed with the former secret besides for a day, once another is set", async () => {
    const world = await worldWith("desk");
    const other = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    world.core.setWebhook("desk", { url: "https://desk.example.com/hook", secret: other });
    await world.core.notify([notice()]);
    await world.run(86_400_000);
    await world.core.notify([notice()]);
    await world.run(0);
    const [first, second] = world.received as [Received, Received];
    expect(first.headers.get("webhook-signature")).toBe(
      `${await signatureOf(other, first)} ${await signatureOf(SECRET, first)}`,
    );
    expect(second.headers.get("webhook-signature")).toBe(await signatureOf(other, second));
  });
});

describe("WH-4 WH-5 WH-6 what does not arrive", () => {
  it.each([
    ["a redirect", () => Response.redirect("https://127.0.0.1/"), "redirects are not followed"],
    ["a failure", () => new Response("no", { status: 500 }), "answered 500"],
    ["no connection", () => Promise.reject(new Error("internal")), "no connection"],
  ] as [string, Answer, string][])(
    "%s is tried again, with the same id and a new time",
    async (_, answer, why) => {
      const world = await worldWith("desk");
      world.answer = answer;
      await world.core.notify([notice()]);
      await world.run(0);
      expect(world.core.webhooks()).toMatchObject([
        { waiting: 1, failures: 1, failure: expect.stringContaining(why) },
      ]);
      // Nobody is awake for it.
      expect([world.timers, world.alarmMs]).toEqual([0, NOW_MS + 2_000]);
      world.answer = () => new Response();
      await world.run(2_000);
      const [first, second] = world.received as [Received, Received];
      expect(second.headers.get("webhook-id")).toBe(first.headers.get("webhook-id"));
      expect(second.headers.get("webhook-timestamp")).toBe(String(NOW_MS / 1_000 + 2));
      expect(second.body).toBe(first.body);
      expect(world.core.webhooks()).toEqual([expect.not.objectContaining({ failures: 1 })]);
    },
  );

  it("one that hangs is asked no longer than 10 s, and holds nobody up", async () => {
    const world = await worldWith("hangs", "well");
    let isAborted = false;
    world.answer = ({ url }, signal) => {
      if (!url.includes("hangs")) return new Response();
      signal.addEventListener("abort", () => {
        isAborted = true;
      });
      return new Promise(() => undefined);
    };
    await world.core.notify([notice(), notice({ symbol: "B" }), notice({ symbol: "C" })]);
    const alarm = world.core.alarm();
    await world.untilReceived(2 + 3);
    // What comes meanwhile goes at once too.
    await world.core.notify([notice({ symbol: "D" })]);
    await world.untilReceived(6);
    expect(rules(world).at(-1)).toBe("alert.firing high D");
    await world.pass(9_999);
    expect(isAborted).toBe(false);
    await world.pass(1);
    await alarm;
    expect([isAborted, world.timers]).toEqual([true, 0]);
    expect(world.core.webhooks()).toMatchObject([
      { name: "hangs", waiting: 4, failure: "no answer within 10 s" },
      { name: "well", waiting: 0 },
    ]);
  });

  it("waits as long as it is asked to", async () => {
    const world = await worldWith("desk");
    const headers = { "retry-after": new Date(NOW_MS + 90_000).toUTCString() };
    world.answer = () => new Response(null, { status: 429, headers });
    await world.core.notify([notice()]);
    await world.run(0);
    expect(world.alarmMs).toBe(NOW_MS + 90_000);
  });

  it("is given up after a day, and said; one that is gone is given up at once", async () => {
    const world = await worldWith("desk");
    world.answer = () => new Response(null, { status: 503 });
    await world.core.notify([notice()]);
    await world.run(86_400_000 - 1);
    expect(world.events()).not.toContain("webhook_given_up");
    await world.run(900_000);
    expect(world.lines.at(-1)).toEqual([
      "webhook_given_up",
      expect.objectContaining({ webhook: "desk", why: "it has not arrived within a day" }),
    ]);
    expect([world.alarmMs, world.core.webhooks()[0]?.waiting]).toEqual([null, 0]);
    // Not more often than every some minutes.
    expect(world.received.length).toBeGreaterThan(100);
    expect(world.received.length).toBeLessThan(400);

    world.answer = () => new Response(null, { status: 410 });
    world.core.setWebhook("desk", { url: "https://desk.example.com/new" });
    await world.core.notify([notice()]);
    await world.run(0);
    expect(world.lines.at(-1)).toMatchObject(["webhook_given_up", { why: "answered 410" }]);
    expect(world.alarmMs).toBeNull();
  });

  it("a webhook that is set anew is tried at once, whatever it failed", async () => {
    const world = await worldWith("desk");
    world.answer = () => new Response(null, { status: 503 });
    await world.core.notify([notice()]);
    await world.run(3_600_000);
    world.answer = () => new Response();
    world.core.setWebhook("desk", { url: "https://desk.example.com/hook" });
    await world.run(0);
    expect(world.core.webhooks()).toEqual([
      { name: "desk", url: "https://desk.example.com/hook", waiting: 0 },
    ]);
  });
});

describe("WH-4 whatever dies", () => {
  it("what was taken arrives after it, in order, at least once and with the same id", async () => {
    const world = await worldWith("desk");
    const bodies = [1, 2, 3].map((at) => notice({ symbol: "S", message: `${at}` }));
    await world.core.notify(bodies);
    // Sent and perhaps taken, and nobody here has heard of it.
    world.answer = () => new Promise(() => undefined);
    void world.core.alarm();
    await world.untilReceived(1);
    world.begin();
    // Whoever asked for it may do so again, for it does not know either.
    await world.core.notify(bodies);
    world.answer = () => new Response();
    await world.run(0);
    const ids = world.received.map(({ headers }) => headers.get("webhook-id"));
    expect(world.received.map(({ body }) => JSON.parse(body).data.message)).toEqual([..."1123"]);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
  });

  it("where the disk is full it begins anew with what is there", async () => {
    const world = await worldWith("desk");
    await world.core.notify([notice()]);
    const full = {
      exec: (query: string, ...bindings: SqlValue[]) => {
        if (/^(UPDATE|DELETE)/.test(query))
          throw new Error("database or disk is full: SQLITE_FULL");
        return world.sql.exec(query, ...bindings);
      },
    };
    await world.begin({ sql: full }).alarm();
    expect(world.restarts).toHaveLength(1);
    expect(world.alarmMs).toBe(NOW_MS + 30_000);
    world.begin();
    await world.run(30_000);
    expect([world.received.length, world.alarmMs]).toEqual([2, null]);
  });
});

describe("WH-7 where it is sent", () => {
  it("goes over the public net alone, but to hosts that the operator names", async () => {
    const world = await worldWith("desk");
    world.core.setWebhook("own", { url: "http://127.0.0.1:9000/", secret: SECRET });
    await world.core.notify([notice()]);
    await world.run(0);
    expect(world.received.map(({ url }) => url)).toEqual([
      "https://desk.example.com/hook",
      "http://127.0.0.1:9000/",
    ]);
    expect(world.networks).toEqual(["public", "allowed"]);
    // The operator has thought better of it: what is kept is judged again.
    await world.core.notify([notice()]);
    await world.begin({ allowed: [] }).alarm();
    expect(world.networks).toEqual(["public", "allowed", "public"]);
    expect(world.core.webhooks()[1]).toMatchObject({
      failure:
        "its address must begin with https://; http is for hosts that the operator names, as 127.0.0.1 in ALLOWED_WEBHOOK_HOSTS",
    });
  });
});

describe("WH-8 a test of a webhook", () => {
  it("is signed and sent at once, and says what became of it", async () => {
    const world = await worldWith("desk");
    expect(await world.core.testWebhook("nobody")).toBeNull();
    world.answer = () => new Response("the secrets of a server", { status: 500 });
    const failed = { delivered: false, status: 500, error: "answered 500", duration_ms: 0 };
    expect(await world.core.testWebhook("desk")).toEqual(failed);
    world.answer = () => new Response();
    expect(await world.core.testWebhook("desk")).toEqual({
      ...{ delivered: true, status: 200, duration_ms: 0 },
    });
    const [received] = world.received as [Received];
    expect(received.headers.get("webhook-signature")).toBe(await signatureOf(SECRET, received));
    expect(JSON.parse(received.body)).toMatchObject({
      type: "alert.test",
      data: { webhook: "desk" },
    });
    expect(world.alarmMs).toBeNull();
  });

  it("that arrives sends what waited", async () => {
    const world = await worldWith("desk");
    world.answer = () => new Response(null, { status: 503 });
    await world.core.notify([notice()]);
    await world.run(3_600_000);
    world.answer = () => new Response();
    await world.core.testWebhook("desk");
    await world.run(0);
    expect(world.core.webhooks()).toMatchObject([{ waiting: 0 }]);
  });
});
