import { env, exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { configOf } from "../../src/config.ts";
import { acceptedSchema, pollAnswerSchema } from "../../src/protocol/answers.ts";
import { problemSchema } from "../../src/protocol/problem.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("../../src/worker.ts");
    }
  }
}

async function tokenFor(scope: string): Promise<string> {
  const secret = configOf(env).JWT_SECRET ?? "";
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));
}

async function ask(path: string, init: RequestInit = {}, scope?: string): Promise<Response> {
  const headers = new Headers(init.headers);
  if (scope !== undefined) headers.set("authorization", `Bearer ${await tokenFor(scope)}`);
  return exports.default.fetch(`http://edgetape${path}`, { ...init, headers });
}

const TRADE = { symbol: "BTC-USD", price: 97_250.5, size: 0.25, side: "buy", id: "1" };

describe("the Worker in its runtime, with the bindings of wrangler.toml", () => {
  it("says that it lives", async () => {
    expect((await ask("/healthz")).status).toBe(200);
  });

  it("INV-10 gives and takes nothing without a token", async () => {
    const requests: [string, RequestInit?][] = [
      ["/api/trades", { method: "POST", body: JSON.stringify(TRADE) }],
      ["/api/rooms/BTC-USD/events"],
      ["/api/symbols"],
    ];
    for (const [path, init] of requests) {
      const response = await ask(path, init);
      expect(response.status).toBe(401);
      expect(problemSchema.parse(await response.json()).status).toBe(401);
    }
  });

  it("INV-1 has an acknowledged event in its room, and INV-6 has it once", async () => {
    const post = () =>
      ask(
        "/api/trades",
        {
          method: "POST",
          body: JSON.stringify(TRADE),
          headers: { "content-type": "application/json", "idempotency-key": "the-same" },
        },
        "write",
      );
    const response = await post();
    expect(response.status).toBe(202);
    const { cursors } = acceptedSchema.parse(await response.json());
    expect(acceptedSchema.parse(await (await post()).json()).cursors).toEqual(cursors);

    const written = cursors["BTC-USD"] ?? 0;
    const polled = await ask(`/api/rooms/BTC-USD/events?since=${written - 1}`, {}, "read");
    const { events, cursor } = pollAnswerSchema.parse(await polled.json());
    expect(cursor).toBe(written);
    expect(events).toEqual([expect.objectContaining({ kind: "trade", id: "1", price: 97_250.5 })]);
  });
});
