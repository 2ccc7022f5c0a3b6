import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/config.ts";
import { ask, closeSockets, newSymbol, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

const config = configOf(env);
const SYMBOL = newSymbol();
const EVIL = "https://evil.example";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
  config.PUBLIC_READ = true;
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
  Object.assign(config, { PUBLIC_READ: false, ALLOWED_HOSTS: undefined, ALLOWED_ORIGINS: [] });
  config.EMBED_ORIGINS = [];
});

async function typeOf(response: Response): Promise<string> {
  const { type } = (await response.json()) as { type: string };
  return `${response.status} ${type.replace("urn:edgetape:problem:", "")}`;
}

const upgrade = (headers: Record<string, string>) =>
  ask(`/ws/${SYMBOL}`, { headers: { upgrade: "websocket", ...headers } });

async function trade(headers: Record<string, string>): Promise<Response> {
  const body = JSON.stringify({ symbol: SYMBOL, price: 1, size: 1 });
  return ask("/api/trades", { method: "POST", body, headers }, "write");
}

describe("A-5 Host", () => {
  const at = (host: string, path: string) => exports.default.fetch(`http://${host}${path}`);

  it("is looked at on every route where the names are known", async () => {
    config.ALLOWED_HOSTS = ["tape.lan"];
    for (const path of ["/api/symbols", `/ws/${SYMBOL}`, "/healthz", "/", "/nothing"]) {
      expect(await typeOf(await at("evil.example", path)), path).toBe("403 host-not-allowed");
    }
    for (const host of ["tape.lan", "127.0.0.1:8787", "localhost", "192.168.0.5"]) {
      expect((await at(host, "/api/symbols")).status, host).toBe(200);
    }
  });

  it("is looked at again where the request before had one that is served", async () => {
    config.ALLOWED_HOSTS = ["tape.lan"];
    const others = ["tape.lan.evil.example", "evil.example", "tape.lan.", "tape.lanx"];
    for (const other of others) {
      expect((await at("tape.lan", "/api/symbols")).status).toBe(200);
      expect(await typeOf(await at(other, "/api/symbols")), other).toBe("403 host-not-allowed");
    }
  });

  it("may be any where the platform routes by it", async () => {
    expect((await at("edgetape.workers.dev", "/api/symbols")).status).toBe(200);
  });
});

describe("A-6 Origin", () => {
  it("of another page opens no socket and writes nothing, token or not", async () => {
    for (const origin of [EVIL, "null", "http://edgetape:8080", "http://edgetape.evil.example"]) {
      expect(await typeOf(await upgrade({ origin })), origin).toBe("403 origin-not-allowed");
      expect(await typeOf(await trade({ origin })), origin).toBe("403 origin-not-allowed");
    }
  });

  it("of our own pages, and of those that are allowed, does", async () => {
    config.ALLOWED_ORIGINS = ["https://desk.example.com"];
    for (const origin of ["http://edgetape", "https://edgetape", "https://desk.example.com"]) {
      expect((await upgrade({ origin })).status, origin).toBe(101);
      expect((await trade({ origin })).status, origin).toBe(202);
    }
  });

  it("is not asked for: programs have none", async () => {
    expect((await upgrade({})).status).toBe(101);
    expect((await trade({})).status).toBe(202);
  });

  it("does not matter where nobody reads without a token", async () => {
    config.PUBLIC_READ = false;
    const authorization = `Bearer ${await tokenOf({ scope: "read" })}`;
    expect((await upgrade({ origin: EVIL, authorization })).status).toBe(101);
    expect((await upgrade({ origin: EVIL })).status).toBe(401);
  });

  it("that is allowed may read answers and send what pushes need; another may not", async () => {
    config.ALLOWED_ORIGINS = ["https://desk.example.com"];
    const preflight = (origin: string) =>
      ask("/api/trades", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    const good = await preflight("https://desk.example.com");
    expect([good.status, good.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "https://desk.example.com",
    ]);
    const allowed = good.headers.get("access-control-allow-headers")?.toLowerCase() ?? "";
    for (const name of ["authorization", "content-type", "idempotency-key", "x-correlation-id"]) {
      expect(allowed).toContain(name);
    }
    expect((await preflight(EVIL)).headers.get("access-control-allow-origin")).toBeNull();

    const read = (origin: string, path = "/api/symbols") => ask(path, { headers: { origin } });
    const answer = await read("https://desk.example.com");
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://desk.example.com");
    expect(answer.headers.get("access-control-expose-headers")).toContain("X-Correlation-ID");
    // A refusal is to be read too.
    const refusal = await read("https://desk.example.com", "/api/nothing");
    expect(refusal.headers.get("access-control-allow-origin")).toBe("https://desk.example.com");
    expect((await read(EVIL)).headers.get("access-control-allow-origin")).toBeNull();
  });

  it("tells apart what caches keep", async () => {
    const answer = await ask(`/api/history/${SYMBOL}`, { headers: { origin: "http://edgetape" } });
    expect(answer.headers.get("vary")).toMatch(/Origin/);
    expect((await ask(`/api/history/${SYMBOL}`)).headers.get("vary")).toMatch(/Origin/);
  });
});

describe("A-7 PUBLIC_READ=local", () => {
  const from = async (clientIp: string | undefined, headers: Record<string, string> = {}) => {
    const init = { headers, ...(clientIp !== undefined && { cf: { clientIp } }) };
    return exports.default.fetch(new Request("http://edgetape/api/symbols", init as RequestInit));
  };

  it("opens reading to this machine, and to nobody whom a proxy brings", async () => {
    config.PUBLIC_READ = "local";
    expect((await from("127.0.0.1:37484")).status).toBe(200);
    expect((await from("192.168.0.5:37484")).status).toBe(401);
    expect((await from(undefined)).status).toBe(401);
    const proxied = [
      { "x-forwarded-for": "1.2.3.4" },
      { forwarded: "for=1.2.3.4" },
      { via: "1.1 nginx" },
      { "x-forwarded-proto": "https" },
    ];
    for (const headers of proxied) {
      const answer = await from("127.0.0.1:37484", headers);
      expect([answer.status, await answer.text()]).toEqual([
        401,
        expect.stringContaining("PUBLIC_READ"),
      ]);
      const authorization = `Bearer ${await tokenOf({ scope: "read" })}`;
      expect((await from("127.0.0.1:37484", { ...headers, authorization })).status).toBe(200);
    }
    config.PUBLIC_READ = true;
    expect((await from("127.0.0.1:37484", { "x-forwarded-for": "1.2.3.4" })).status).toBe(200);
  });

  it("is told by /readyz, and so is reading that is public", async () => {
    const warnings = async () => {
      const { warnings } = (await (await ask("/readyz")).json()) as { warnings: string[] };
      return warnings;
    };
    expect(await warnings()).toContain("reading_is_public");
    config.PUBLIC_READ = "local";
    await from("127.0.0.1:37484", { "x-forwarded-for": "1.2.3.4" });
    expect(await warnings()).toContain("proxy_in_front");
    config.PUBLIC_READ = false;
    expect(await warnings()).toEqual([]);
  });
});

describe("/readyz", () => {
  it("tells who may not read status and warnings alone, and asks the database for it once in a while", async () => {
    const looks = () =>
      vi
        .mocked(fetch)
        .mock.calls.filter(([, init]) => String(init?.body).includes("pg_database_size")).length;
    const body = async (scope?: "read") =>
      (await (await ask("/readyz", {}, scope)).json()) as Record<string, unknown>;
    for (const isPublic of [true, false]) {
      config.PUBLIC_READ = isPublic;
      // A holder of a token is told what is so now, and all of it.
      const before = looks();
      expect(Object.keys(await body("read"))).toEqual(
        expect.arrayContaining(["status", "database", "warnings"]),
      );
      expect(looks()).toBe(before + 1);
      for (let times = 0; times < 3; times += 1) {
        expect(await body()).toEqual({
          status: "degraded",
          database: { reachable: true, reason: expect.stringContaining("no tables yet") },
          warnings: isPublic ? ["reading_is_public"] : [],
        });
      }
      expect(looks()).toBe(before + 1);
    }
  });
});

describe("A-9 security headers", () => {
  it("are on every answer that a page could show", async () => {
    const answers = {
      ok: await ask("/api/symbols"),
      refused: await ask("/api/nothing"),
      "no upgrade": await ask(`/ws/${SYMBOL}`),
      "refused upgrade": await upgrade({ origin: EVIL }),
      pushed: await trade({}),
      failed: await ask(`/api/history/${SYMBOL}?from=x`),
    };
    for (const [name, { headers }] of Object.entries(answers)) {
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy, name).toContain("default-src 'none'");
      expect(policy, name).toContain("frame-ancestors 'none'");
      expect(policy, name).not.toMatch(/unsafe|https?:|\*/);
      expect(headers.get("x-content-type-options"), name).toBe("nosniff");
      expect(headers.get("referrer-policy"), name).toBe("no-referrer");
      expect(headers.get("x-correlation-id"), name).not.toBeNull();
    }
  });

  it("leave out no date, by which a page knows the server's time", async () => {
    for (const path of [
      "/healthz",
      "/api/symbols",
      "/api/nothing",
      `/api/history/${SYMBOL}?from=x`,
    ]) {
      const { headers } = await ask(path);
      const aheadMs = Date.parse(headers.get("date") ?? "") - Date.now();
      expect(Math.abs(aheadMs), path).toBeLessThan(10_000);
    }
  });
});

describe("A-9 frames", () => {
  const headersOf = async (path: string) => {
    const { headers } = await ask(path);
    const policy = headers.get("content-security-policy") ?? "";
    return [/frame-ancestors [^;]*/.exec(policy)?.[0], headers.get("x-frame-options")];
  };

  it("are for nobody, and under /embed/ for the origins that are named", async () => {
    const nobody = ["frame-ancestors 'none'", "DENY"];
    expect(await headersOf("/embed/A")).toEqual(nobody);
    config.EMBED_ORIGINS = ["https://desk.example.com", "https://b.example"];
    expect(await headersOf("/embed/A")).toEqual([
      "frame-ancestors https://desk.example.com https://b.example",
      null,
    ]);
    for (const path of ["/", "/s/A", "/embed", "/api/symbols"]) {
      expect(await headersOf(path), path).toEqual(nobody);
    }
  });
});

describe("I-17 I-18 what is too much", () => {
  afterEach(() => {
    config.LIMIT_EVENTS = 20_000;
  });

  it("is a batch of more events than LIMIT_EVENTS", async () => {
    config.LIMIT_EVENTS = 3;
    const push = (count: number, type: string, separator: string) => {
      const item = JSON.stringify({ symbol: SYMBOL, metric: "m", value: 1 });
      const items = Array(count).fill(item).join(separator);
      const body = separator === "," ? `[${items}]` : items;
      return ask(
        "/api/metrics",
        { method: "POST", body, headers: { "content-type": type } },
        "write",
      );
    };
    for (const [type, separator] of [
      ["application/json", ","],
      ["application/x-ndjson", "\n"],
    ] as const) {
      expect((await push(3, type, separator)).status).toBe(202);
      const refused = await push(4, type, separator);
      expect([refused.status, await refused.text()]).toEqual([
        413,
        expect.stringContaining("LIMIT_EVENTS"),
      ]);
    }
  });

  it("is not given back: paths, names, fields and values are cut", async () => {
    const long = "k".repeat(7_000);
    const odd = { metric: "m", value: 1, [long]: 1, labels: { [long]: "" } };
    const answers = [
      await ask(`/api/${long}`),
      await ask(`/api/symbols/${long}/x`),
      await ask(`/api/series?metric=m&${long}=1`),
      await ask(`/api/series?${Array.from({ length: 900 }, (_, at) => `k${at}=1`).join("&")}`),
      await ask(
        "/api/metrics",
        { method: "POST", body: JSON.stringify(Array(30).fill(odd)) },
        "write",
      ),
      await ask(
        "/api/metrics",
        { method: "POST", body: "x", headers: { "content-encoding": long } },
        "write",
      ),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      const text = await answer.text();
      expect(text.length, text.slice(0, 200)).toBeLessThan(20_000);
      expect(text).not.toContain(long);
    }
  });

  it.each([
    "/api/series?metric=a%00b",
    "/api/export?symbol=A&kind=metric&metric=%00",
    "/api/series?metric=m&labels=%7B%22a%22%3A%22%5Cu0000%22%7D",
    "/api/series?metric=m&labels=%7B%22a%22%3A%22%5Cud800%22%7D",
    "/api/analytics/risk?metric=m&labels=%7B%22%5Cudfff%22%3A%22a%22%7D",
    "/api/analytics/attribution?symbols=A&account=%00",
    "/api/history/%00",
    "/api/history/%ff",
    "/api/positions/%ED%A0%80",
    "/api/books/%",
    "/ws/%00",
  ])("is no failure of ours: %s", async (path) => {
    const headers = path.startsWith("/ws") ? { upgrade: "websocket" } : {};
    const answer = await ask(path, { headers });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining("bad-parameters"),
    ]);
  });
});
