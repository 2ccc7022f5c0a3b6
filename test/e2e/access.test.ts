import { createServer, request } from "node:http";
import { request as requestByTls } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";
import { hasProxy, type ProxyKind, TlsProxy } from "./senders/tls-proxy.ts";

describe("who may come in, as npm start has it", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;

  beforeAll(async () => {
    folder = temporaryDataDir();
    product = await startProduct({ dataDir: folder.dataDir });
  });
  afterAll(async () => {
    await product.killGroup();
    folder.remove();
  });

  interface Answer {
    status: number;
    headers: Record<string, string | string[] | undefined>;
    text: string;
  }

  /** `fetch` lets nobody choose a Host. */
  async function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const asked = request(`${product.url}${path}`, { headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
        );
      });
      asked.on("error", reject).end();
    });
  }

  /** `open`, or the status of the refusal. */
  async function connect(headers: Record<string, string>): Promise<string> {
    const url = `${product.url.replace("http", "ws")}/ws/BTC-USD`;
    const socket = new WebSocket(url, ["edgetape.v1"], { headers });
    return await new Promise((resolve) => {
      socket.on("open", () => {
        socket.terminate();
        resolve("open");
      });
      socket.on("unexpected-response", (_, answer) => resolve(String(answer.statusCode)));
      socket.on("error", () => undefined);
    });
  }

  it("A-5 serves no name that a page could point at us", async () => {
    for (const path of ["/api/symbols", "/", "/healthz", "/ws/BTC-USD"]) {
      const { status, text } = await ask(path, { host: `evil.example:${product.port}` });
      expect([status, text], path).toEqual([403, expect.stringContaining("ALLOWED_HOSTS")]);
    }
    for (const host of ["localhost", "127.0.0.1", "[::1]", `localhost:${product.port}`]) {
      expect((await ask("/api/symbols", { host })).status, host).toBe(200);
    }
  });

  it("A-6 opens no socket to a page of another origin, and does to its own and to programs", async () => {
    expect(await connect({ origin: "https://evil.example" })).toBe("403");
    expect(await connect({ origin: "http://localhost:3000" })).toBe("403");
    expect(await connect({ origin: `http://localhost:${product.port}` })).toBe("open");
    expect(await connect({ origin: product.url })).toBe("open");
    expect(await connect({})).toBe("open");
  });

  it("A-7 gives nothing to whom a proxy brings, and says so", async () => {
    const { warnings: before } = JSON.parse((await ask("/readyz")).text) as { warnings: string[] };
    expect(before).not.toContain("proxy_in_front");
    const forwarded = { "x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https" };
    for (const path of ["/api/symbols", "/api/positions/A", "/api/export?symbol=A&kind=trade"]) {
      expect((await ask(path, forwarded)).status, path).toBe(401);
    }
    expect(await connect({ via: "1.1 nginx" })).toBe("401");
    const authorization = `Bearer ${await product.token()}`;
    expect((await ask("/api/symbols", { ...forwarded, authorization })).status).toBe(200);
    const { warnings } = JSON.parse((await ask("/readyz")).text) as { warnings: string[] };
    expect(warnings).toContain("proxy_in_front");
  });

  it("A-9 sends the dashboard with a policy, and its scripts with the same", async () => {
    const page = await ask("/s/BTC-USD");
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.text)?.[1] ?? expect.fail(page.text);
    for (const { status, headers } of [page, await ask(script), await ask("/assets/none.js")]) {
      expect(headers["content-security-policy"], String(status)).toContain("default-src 'none'");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
    }
  });

  /** What is asked of a proxy, over TLS. */
  async function askByTls(
    { port, ca }: TlsProxy,
    path: string,
    headers: Record<string, string>,
    body?: Buffer,
  ): Promise<{ status: number; text: string }> {
    const options = { port, ca, host: "localhost", headers, method: body ? "POST" : "GET" };
    return await new Promise((resolve, reject) => {
      const asked = requestByTls({ ...options, path }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.on("error", reject).end(body);
    });
  }

  describe.each<ProxyKind>(["nginx", "caddy"])("behind %s, as ops/ has it", (kind) => {
    it.skipIf(!hasProxy(kind))("A-7 passes pushes, refusals and sockets on over TLS", async () => {
      const proxy = await TlsProxy.start(kind, product.port);
      try {
        // Whatever it says of itself, it has come by a proxy.
        const local = { "x-forwarded-for": "127.0.0.1", forwarded: "for=127.0.0.1" };
        expect((await askByTls(proxy, "/api/symbols", local)).status).toBe(401);
        const token = await product.token();
        const headers = {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
        };
        const large = Buffer.alloc(2_000_000, " ");
        const refused = await askByTls(proxy, "/api/trades", headers, large);
        expect([refused.status, refused.text]).toEqual([413, expect.stringContaining("edgetape")]);

        const url = `wss://localhost:${proxy.port}/ws/PROXIED`;
        const origin = `https://localhost:${proxy.port}`;
        const words = ["edgetape.v1", `bearer.${token}`];
        const socket = new WebSocket(url, words, { ca: proxy.ca, headers: { origin } });
        const live = new Promise((resolve, reject) => {
          socket.on("error", reject);
          socket.on("message", (data) => {
            if (String(data).includes('"events"')) resolve(JSON.parse(String(data)));
          });
        });
        await new Promise((resolve) => socket.on("open", resolve));
        const trade = Buffer.from(JSON.stringify({ symbol: "PROXIED", price: 7, size: 1 }));
        expect((await askByTls(proxy, "/api/trades", headers, trade)).status).toBe(202);
        expect(await live).toMatchObject({ events: [{ price: 7 }] });
        socket.terminate();
      } finally {
        await proxy.stop();
      }
    });

    it.skipIf(!hasProxy(kind))(
      "A-7 says who the client is, and not what the client says",
      async () => {
        const echo = createServer(({ headers }, answer) => answer.end(JSON.stringify(headers)));
        await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
        const proxy = await TlsProxy.start(kind, (echo.address() as AddressInfo).port);
        try {
          const lies = { "x-forwarded-for": "9.9.9.9", forwarded: "for=9.9.9.9" };
          const { text } = await askByTls(proxy, "/", lies);
          const seen = JSON.parse(text) as Record<string, string>;
          expect(seen).toMatchObject({
            ...{ "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" },
            host: `localhost:${proxy.port}`,
          });
          expect(text).not.toContain("9.9.9.9");
        } finally {
          await proxy.stop();
          echo.close();
          echo.closeAllConnections();
        }
      },
    );
  });

  it("prints no token into what is no terminal", () => {
    expect(product.output).toContain("npm run -s token");
    expect(product.output).not.toMatch(/eyJ[\w-]+\./);
  });
});
