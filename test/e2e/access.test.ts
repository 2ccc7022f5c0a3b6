import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

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

  it("prints no token into what is no terminal", () => {
    expect(product.output).toContain("npm run -s token");
    expect(product.output).not.toMatch(/eyJ[\w-]+\./);
  });
});
