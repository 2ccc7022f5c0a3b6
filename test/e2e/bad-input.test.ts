import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { mintToken } from "../../dev/cli/mint-token.ts";
import { BAD_PUSHES, ODD_PUSHES, zipBomb } from "./bad-input/bad-pushes.ts";
import { GOOD_SYMBOL, GoodCompany } from "./bad-input/good-company.ts";
import { StoredTape } from "./chaos/stored-tape.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

type Problem = { type: string; status: number; detail: string; errors?: { message: string }[] };

/** What five bombs at once may cost: 33 MB each while the first slice unzips, 8 MiB of it read, and the rubbish of both. */
const MOST_GROWTH_BYTES = 256 * 1024 * 1024;

describe("bad input, while good producers and viewers go on", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;
  let company: GoodCompany;
  let token: string;

  beforeAll(async () => {
    folder = temporaryDataDir();
    product = await startProduct({
      dataDir: folder.dataDir,
      environment: { PUBLIC_READ: "false", LIMIT_CONNECTS_PER_MINUTE: "0" },
    });
    token = await product.token();
    company = new GoodCompany(product.url, token);
    await until("its viewer", () => company.viewer.connects === 1);
  });

  afterAll(async () => {
    await company.stop();
    company.viewer.stop();
    await product.killGroup();
    folder.remove();
  });

  afterEach(async () => {
    const before = company.acknowledged.length;
    await until("the next good push", () => company.acknowledged.length > before + 1);
    expect([company.failures, company.viewer.faults, company.viewer.connects]).toEqual([[], [], 1]);
  });

  async function push(options: {
    path?: string | undefined;
    body: BodyInit;
    headers?: Record<string, string> | undefined;
    token?: string;
  }): Promise<Response> {
    return await fetch(`${product.url}${options.path ?? "/api/metrics"}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${options.token ?? token}`,
        "content-type": "application/json",
        ...options.headers,
      },
      body: options.body,
      // Undici asks for it where the body is a stream; the types of the platform do not know it.
      ...{ duplex: "half" },
    });
  }

  async function expectProblem(
    answer: Response,
    expected: { status: number; type: string; words: string },
  ): Promise<void> {
    const text = await answer.text();
    expect(answer.status, text).toBe(expected.status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const problem = JSON.parse(text) as Problem;
    expect(problem.type).toBe(`urn:edgetape:problem:${expected.type}`);
    const words = [problem.detail, ...(problem.errors ?? []).map(({ message }) => message)];
    expect(words.join("\n")).toContain(expected.words);
    // Neither a place in our code nor one on our disk (INV-10).
    expect(text).not.toMatch(/\bat \w+ \(|worker\.js|\.ts:\d|node_modules/);
  }

  it.each(BAD_PUSHES)("push: $name", async ({ body, path, headers, ...expected }) => {
    await expectProblem(await push({ body, path, headers }), expected);
  });

  it.each(ODD_PUSHES)("INV-1 push: $name is stored as it is", async ({ path, body }) => {
    const answer = await push({ path: `${path}?wait=stored`, body });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("HOSTILE")]);
  });

  it("INV-1 gives names and labels back as they were sent, whatever they spell", async () => {
    const metric = "'; drop table points; --";
    const query = new URLSearchParams({ metric, symbol: "HOSTILE" });
    const answer = await fetch(`${product.url}/api/series?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { series } = (await answer.json()) as { series: { labels: Record<string, string> }[] };
    expect(series.map(({ labels }) => labels)).toEqual([{ [metric]: metric }]);
  });

  it("I-17 takes a batch of 20,000 points, and refuses one more, or 170,000 in 20 KB", async () => {
    const item = '{"symbol":"HOSTILE","metric":"many","value":1},';
    const zipped = async (count: number) =>
      new Response(
        new Blob([`[${item.repeat(count).slice(0, -1)}]`])
          .stream()
          .pipeThrough(new CompressionStream("gzip")),
      ).arrayBuffer();
    const headers = { "content-encoding": "gzip" };
    const answer = await push({ body: await zipped(20_000), headers });
    expect([answer.status, await answer.json()]).toEqual([
      202,
      { accepted: 20_000, cursors: { HOSTILE: expect.any(Number) } },
    ]);
    const tooMany = { status: 413, type: "too-many-events", words: "send several smaller ones" };
    await expectProblem(await push({ body: await zipped(20_001), headers }), tooMany);
    const bomb = await zipped(170_000);
    expect(bomb.byteLength).toBeLessThan(30_000);
    await expectProblem(await push({ body: bomb, headers }), tooMany);
    await expectProblem(await push({ body: `[${item.repeat(30_000).slice(0, -1)}]` }), {
      ...{ status: 413, type: "body-too-large", words: "send smaller batches" },
    });
  });

  it("stops a body of unstated length at the limit", async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    let chunks = 0;
    const body = new ReadableStream({
      pull(controller) {
        chunks += 1;
        if (chunks <= 17) controller.enqueue(chunk);
        else controller.close();
      },
    });
    await expectProblem(await push({ body }), {
      ...{ status: 413, type: "body-too-large", words: "larger than 1048576 bytes" },
    });
  });

  it.skipIf(process.platform !== "linux")(
    "stops zip bombs at the limit of what they unzip to, and in memory",
    async () => {
      const body = await zipBomb();
      expect(body.length).toBeLessThan(1_048_576);
      const memory = new PeakMemory(product);
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => push({ body, headers: { "content-encoding": "gzip" } })),
      );
      for (const answer of answers) {
        await expectProblem(answer, {
          ...{ status: 413, type: "body-too-large", words: "8388608 bytes unzipped" },
        });
      }
      expect(memory.growthBytes).toBeLessThan(MOST_GROWTH_BYTES);
    },
  );

  it("refuses a key that comes again with another body", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const first = await push({ body: '{"symbol":"HOSTILE","metric":"m","value":1}', headers });
    expect(first.status).toBe(202);
    const second = await push({ body: '{"symbol":"HOSTILE","metric":"m","value":2}', headers });
    await expectProblem(second, {
      ...{ status: 422, type: "idempotency-key-reused", words: "use a new key for a new batch" },
    });
  });

  describe("tokens", () => {
    const body = JSON.stringify({ symbol: GOOD_SYMBOL, metric: "m", value: 1 });

    it.each<[string, () => Promise<string>, number, string]>([
      ["that is missing", async () => "", 401, "The token is not good"],
      ["that is no token", async () => "abc.def.ghi", 401, "The token is not good"],
      [
        "that has expired",
        () => product.token({ ttlSeconds: -60 }),
        401,
        "has expired; ask for a new one",
      ],
      ["that others signed", () => foreignToken(), 401, "its signature is wrong"],
      ["that nobody signed", async () => unsignedToken(), 401, "The token is not good"],
      ["for reading", () => product.token({ scopes: ["read"] }), 403, "not have the scope write"],
      [
        "for another symbol",
        () => product.token({ symbols: ["BTC-*"] }),
        403,
        `not for ${GOOD_SYMBOL}`,
      ],
    ])("INV-10 a token %s pushes nothing", async (_, makeToken, status, words) => {
      const answer = await push({ body, token: await makeToken() });
      const type = status === 401 ? "unauthorized" : "forbidden";
      if (status === 401) expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      await expectProblem(answer, { status, type, words });
    });

    it.each([
      ["symbols", "/api/symbols"],
      ["events", `/api/rooms/${GOOD_SYMBOL}/events`],
      ["history", `/api/history/${GOOD_SYMBOL}`],
      ["series", `/api/series?metric=m&symbol=${GOOD_SYMBOL}`],
    ])("INV-10 without a token nothing is read: %s", async (_, path) => {
      await expectProblem(await fetch(`${product.url}${path}`), {
        ...{ status: 401, type: "unauthorized", words: "send the header Authorization: Bearer" },
      });
      const inUrl = `${path}${path.includes("?") ? "&" : "?"}token=${token}&access_token=${token}`;
      expect((await fetch(`${product.url}${inUrl}`)).status).toBe(401);
    });

    it("INV-10 a token for other symbols reads nothing of these", async () => {
      const headers = { authorization: `Bearer ${await product.token({ symbols: ["BTC-*"] })}` };
      for (const path of [`/api/rooms/${GOOD_SYMBOL}/events`, `/api/history/${GOOD_SYMBOL}`]) {
        await expectProblem(await fetch(`${product.url}${path}`, { headers }), {
          ...{ status: 403, type: "forbidden", words: `not for ${GOOD_SYMBOL}` },
        });
      }
      const symbols = await fetch(`${product.url}/api/symbols`, { headers });
      expect(await symbols.json()).toEqual({ symbols: [], complete: true });
    });
  });

  describe("upgrades", () => {
    it.each<[string, string, () => Promise<string | null>, number]>([
      ["without a token", `/ws/${GOOD_SYMBOL}`, async () => null, 401],
      [
        "with an expired token",
        `/ws/${GOOD_SYMBOL}`,
        () => product.token({ ttlSeconds: -60 }),
        401,
      ],
      ["with a token of others", `/ws/${GOOD_SYMBOL}`, () => foreignToken(), 401],
      [
        "with a token for writing",
        `/ws/${GOOD_SYMBOL}`,
        () => product.token({ scopes: ["write"] }),
        403,
      ],
      [
        "for another symbol",
        `/ws/${GOOD_SYMBOL}`,
        () => product.token({ symbols: ["BTC-*"] }),
        403,
      ],
      ["to no symbol", "/ws/..%2F..%2Fetc%00", async () => token, 400],
      ["since nonsense", `/ws/${GOOD_SYMBOL}?since=yesterday`, async () => token, 400],
      ["since milliseconds", `/ws/${GOOD_SYMBOL}?since=${Date.now()}`, async () => token, 400],
      ["with an unknown parameter", `/ws/${GOOD_SYMBOL}?snice=0`, async () => token, 400],
      ["with its token in the address", `/ws/${GOOD_SYMBOL}?token=x`, async () => null, 401],
    ])("INV-10 %s is refused", async (_, path, makeToken, status) => {
      expect(await upgradeStatus(path, await makeToken())).toBe(status);
    });

    it("a plain request to a room says what is wanted", async () => {
      await expectProblem(await fetch(`${product.url}/ws/${GOOD_SYMBOL}`), {
        ...{ status: 426, type: "upgrade-required", words: "Connect with a WebSocket client" },
      });
    });

    function upgradeStatus(path: string, bearer: string | null): Promise<number> {
      const protocols = ["edgetape.v1", ...(bearer === null ? [] : [`bearer.${bearer}`])];
      const socket = new WebSocket(`${product.url.replace("http", "ws")}${path}`, protocols);
      return new Promise((resolve, reject) => {
        socket.on("unexpected-response", (_request, response) => {
          resolve(response.statusCode ?? 0);
          socket.terminate();
        });
        socket.on("open", () => reject(new Error("the upgrade was let through")));
        socket.on("error", () => undefined);
      });
    }
  });

  describe("messages of viewers", () => {
    it.each<[string, string | Uint8Array, string]>([
      ["text", "hello?", 'expected a JSON message or the text "ping"'],
      ["broken JSON", '{"type":', "expected a JSON message"],
      ["an unknown type", '{"type":"publish"}', 'type must be "ack"'],
      ["JSON that is no object", "[[]]", ""],
      ["a negative cursor", '{"type":"ack","cursor":-1}', "must not be negative"],
      ["a cursor that is no number", '{"type":"ack","cursor":"1"}', "must be a cursor"],
      ["a cursor too large", '{"type":"ack","cursor":1e300}', "must be a cursor"],
      ["an unknown field", '{"type":"ack","cursor":1,"__proto__":{}}', ""],
      ["bytes", new Uint8Array([1, 2, 3]), "binary messages mean nothing here"],
    ])("%s is answered with an error, and the stream goes on", async (_, data, words) => {
      const viewer = await openViewer();
      viewer.socket.send(data);
      const error = await viewer.next((message) => message.type === "error");
      expect(error).toMatchObject({ code: "bad_message", message: expect.stringContaining(words) });
      await viewer.next((message) => message.type === "events");
      viewer.socket.terminate();
    });

    it("may not be compressed: it is not negotiated, and whoever compresses all the same is closed", async () => {
      const viewer = await openViewer({ perMessageDeflate: { threshold: 0 } });
      expect(viewer.socket.extensions).toBe("");
      // Closed with 1002; but the runtime's reason is longer than a close frame may be, and `ws` calls that an error.
      const failed = new Promise((resolve) => viewer.socket.once("error", resolve));
      // A frame as `ws` would send it, had it been negotiated: final, compressed, of 3 bytes, with a mask of zeros.
      connectionOf(viewer.socket).write(Buffer.from([0xc1, 0x83, 0, 0, 0, 0, 0x4a, 0x04, 0x00]));
      await Promise.race([failed, viewer.closed]);
      viewer.socket.terminate();
    });

    it.each([
      [
        "F-2 an ack of what was never sent",
        (socket: WebSocket) => socket.send(`{"type":"ack","cursor":${Number.MAX_SAFE_INTEGER}}`),
        4504,
      ],
      ["a message over 64 KiB", (socket: WebSocket) => socket.send("x".repeat(65_537)), 4501],
      ["a message of megabytes", (socket: WebSocket) => socket.send("x".repeat(8 << 20)), 4501],
      [
        "more than 1,000 messages a second",
        (socket: WebSocket) => {
          for (let count = 0; count < 5_000; count += 1) socket.send("{}");
        },
        4502,
      ],
    ])("%s closes the socket for good", async (_, misbehave, code) => {
      const viewer = await openViewer();
      misbehave(viewer.socket);
      expect(await viewer.closed).toBe(code);
    });

    type Message = { type: string; [field: string]: unknown };

    /** What `ws` writes to. */
    function connectionOf(socket: WebSocket): Socket {
      return (socket as unknown as { _socket: Socket })._socket;
    }

    async function openViewer(options: ClientOptions = { perMessageDeflate: false }) {
      const address = `${product.url.replace("http", "ws")}/ws/${GOOD_SYMBOL}`;
      const protocols = ["edgetape.v1", `bearer.${token}`];
      const socket = new WebSocket(address, protocols, options);
      const messages: Message[] = [];
      socket.on("message", (data) => messages.push(JSON.parse(String(data)) as Message));
      socket.on("error", () => undefined);
      const closed = new Promise<number>((resolve) => socket.on("close", resolve));
      const next = async (matches: (message: Message) => boolean): Promise<Message> => {
        await until("a message", () => messages.some(matches));
        const index = messages.findIndex(matches);
        const [message] = messages.splice(0, index + 1).slice(-1);
        if (message === undefined) throw new Error("the message is gone");
        return message;
      };
      await next((message) => message.type === "caught_up");
      return { socket, closed, next };
    }
  });

  describe("requests that no client of ours makes", () => {
    it.each([
      ["GET", "/api/trades", 405],
      ["DELETE", "/api/metrics", 405],
      ["POST", "/api/history/A", 404],
      ["GET", "/api/nothing", 404],
      ["GET", "/api/rooms/..%2F..%2Fetc%00/events", 400],
      ["GET", "/api/history/%00", 400],
      ["GET", "/api/history/%E0%A4%A", 400],
      ["GET", `/api/history/${"A".repeat(8_000)}`, 400],
      ["GET", "/api/history/A?interval=2m", 400],
      ["GET", "/api/history/A?limit=0", 400],
      ["GET", "/api/history/A?limit=1e9", 400],
      ["GET", "/api/history/A?from=2&to=1", 400],
      ["GET", "/api/rooms/A/events?wait=-1", 400],
      ["GET", "/api/rooms/A/events?since=';select 1", 400],
      ["GET", "/api/series?metric=m&symbol=A&agg=drop", 400],
      ["GET", "/api/series", 400],
    ])("%s %s is answered %i in words", async (method, path, status) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${product.url}${path}`, { method, headers });
      const types = { 400: "bad-parameters", 404: "not-found", 405: "method-not-allowed" };
      const type = types[status as keyof typeof types];
      await expectProblem(answer, { status, type, words: "" });
    });

    it.each([
      "/..%2f..%2f..%2f..%2fetc%2fpasswd",
      "/assets/..%2f..%2f..%2fpackage.json",
      "/%2e%2e/%2e%2e/jwt.secret",
      "/../../jwt.secret",
      "//etc/passwd",
      "/assets/%00.js",
    ])("INV-10 %s shows no file outside the dashboard", async (path) => {
      const answer = await rawRequest(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 (200|4\d\d) /);
      if (answer.startsWith("HTTP/1.1 200")) expect(answer).toContain("<!doctype html>");
      expect(answer).not.toMatch(/root:|"dependencies"/);
    });

    it.each([
      ["a header flood", `GET /healthz HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(50_000)}\r\n`],
      [
        "a header of a megabyte",
        `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${"b".repeat(1_048_576)}\r\n\r\n`,
      ],
      ["what is no HTTP", `${"\u0000\u0001\u0002".repeat(100)}\r\n\r\n`],
      [
        "a body longer than stated",
        "POST /api/metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]GARBAGE",
      ],
      [
        "two lengths",
        "POST /api/metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n[] ",
      ],
    ])("%s is not answered with a 5xx", async (_, text) => {
      const answer = await rawRequest(text);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    });

    it("a hundred slow bodies hold nobody up, and one cut short is not taken", async () => {
      const head = [
        ...["POST /api/metrics HTTP/1.1", "Host: x", "Content-Type: application/json"],
        ...[`Authorization: Bearer ${token}`, "Content-Length: 1000", "", ""],
      ].join("\r\n");
      const sockets = await Promise.all(Array.from({ length: 100 }, () => open()));
      const item = '{"symbol":"SLOW","metric":"m","value":1}';
      for (const socket of sockets) socket.write(head + item);
      const before = company.acknowledged.length;
      await until("good pushes", () => company.acknowledged.length > before + 20);
      for (const socket of sockets) socket.destroy();
      const unknown = await fetch(`${product.url}/api/rooms/SLOW/events?since=0`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(unknown.status).toBe(404);
      await unknown.text();
    });

    it.each([
      ["whose chunk has no length", "zz\r\nabc"],
      ["that is cut short", '14\r\n{"metric":'],
    ])("I-2 a body %s is the client's fault, whatever the route", async (_, body) => {
      const json = "Content-Type: application/json";
      const snappy = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy";
      for (const [path, headers] of [
        ["/api/metrics", json],
        ["/api/trades", `${json}\r\nContent-Encoding: gzip`],
        ["/api/logs", json],
        ["/v1/metrics", json],
        ["/api/v1/write", snappy],
        ["/mcp", json],
      ] as const) {
        const answer = await rawRequest(
          `POST ${path} HTTP/1.1\r\nHost: tape\r\nAuthorization: Bearer ${token}\r\n${headers}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
        );
        // Whoever has gone need not be answered, and nobody is told to send it again.
        expect(answer, path).not.toContain("room-restarted");
        if (body.startsWith("zz")) expect(answer, path).toMatch(/^HTTP\/1.1 400 /);
      }
    });

    it("I-2 a client that hangs up in the middle of a body is a line of the log, and no error", async () => {
      const path = "/api/metrics HTTP/1.1";
      const bodies = [
        "Content-Length: 1000\r\n\r\n{",
        "Content-Length: 99999999\r\n\r\n{",
        'Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n{"',
        'Transfer-Encoding: chunked\r\n\r\n14\r\n{"metric":',
        "Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n",
      ];
      const linesOf = (id: string) => product.logLines.filter((line) => line.includes(id));
      const began = product.logLines.length;
      const hangUp = async (id: string, body: string) => {
        const socket = await open();
        const head = `Host: tape\r\nAuthorization: Bearer ${token}\r\nX-Correlation-Id: ${id}`;
        await new Promise((sent) => socket.write(`POST ${path}\r\n${head}\r\n${body}`, sent));
        socket.destroy();
      };
      let calls = 0;
      for (const body of bodies) {
        const ids: string[] = [];
        // Of one that is gone before the server has read its first line the server knows nothing.
        await until(`a line of ${body}`, async () => {
          ids.push(`hangs-up-${calls++}-end`);
          await hangUp(ids.at(-1) ?? "", body);
          return ids.some((id) => linesOf(id).length > 0);
        });
        const lines = ids.map((id) => linesOf(id).map((line) => JSON.parse(line)));
        for (const told of lines.filter(({ length }) => length > 0)) {
          expect(told).toMatchObject([
            { level: "info", event: "request", status: 400, problem: "unreadable-body" },
          ]);
        }
      }
      // Others may have their warnings meanwhile, as the Keeper where somebody else holds a table.
      const levels = product.logLines.slice(began).map((line) => JSON.parse(line).level);
      expect(levels.filter((level) => level === "error" || level === "critical")).toEqual([]);
    });

    function open(): Promise<Socket> {
      const socket = connect(product.port, "127.0.0.1");
      socket.on("error", () => undefined);
      return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
    }

    /** Sends bytes as they are; resolves with what comes back until the other side ends, or has answered. */
    async function rawRequest(text: string): Promise<string> {
      const socket = await open();
      let answer = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        answer += chunk;
      });
      const ended = new Promise((resolve) => socket.once("close", resolve));
      socket.write(text);
      // A server that says nothing and waits has been sent all there is: it may have the end as well.
      socket.end();
      await ended;
      return answer;
    }
  });

  it("INV-1 INV-2 after all of it the viewer has every good event once, and every outbox is empty", async () => {
    await company.stop();
    const last = company.acknowledged.at(-1);
    await until("the last good event", () => company.viewer.seen.at(-1) === last);
    expect(company.viewer.seen).toEqual(company.acknowledged);
    for (const symbol of [GOOD_SYMBOL, "HOSTILE"]) {
      const body = JSON.stringify({ symbol, metric: "end", value: 1 });
      expect((await push({ path: "/api/metrics?wait=stored", body })).status).toBe(200);
    }
    const stored = await new StoredTape(() => product).rows(
      "select count(*) from trades_live t join symbols y on y.id = t.symbol_id where y.symbol = $1",
      [GOOD_SYMBOL],
    );
    expect(Number(stored[0]?.[0])).toBe(company.acknowledged.length);
    expect(await (await fetch(`${product.url}/readyz`)).json()).toMatchObject({ status: "ok" });
    expect(product.output).not.toContain("process died");
    company = new GoodCompany(product.url, token);
  });
});

function foreignToken(): Promise<string> {
  const claims = { scopes: ["admin"], ttlSeconds: 3_600 } as const;
  return mintToken("x".repeat(43), claims, Math.floor(Date.now() / 1000));
}

/** RFC 8725 2.1: an algorithm that anybody can sign with. */
function unsignedToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part({ scope: "admin" })}.`;
}

/** The most memory the runtime has held since this was made, over what it held then. Linux keeps that mark. */
class PeakMemory {
  readonly #pid: number;
  readonly #startBytes: number;

  constructor({ childPids }: RunningProduct) {
    const isRuntime = (pid: number) =>
      readFileSync(`/proc/${pid}/comm`, "utf8").includes("workerd");
    const pid = childPids.find(isRuntime);
    if (pid === undefined) throw new Error("no runtime");
    this.#pid = pid;
    // proc_pid_clear_refs(5): 5 sets the peak to what is held now.
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    this.#startBytes = this.#peakBytes();
  }

  get growthBytes(): number {
    return this.#peakBytes() - this.#startBytes;
  }

  #peakBytes(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }
}
