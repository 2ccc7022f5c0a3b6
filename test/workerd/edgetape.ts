import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import type { Env } from "../../src/bindings/env.ts";
import type { HostCalls } from "../../src/bindings/host.ts";
import { configOf } from "../../src/config.ts";
import { hostOf } from "../../src/core/placement/placement.ts";
import { acceptedSchema } from "../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";

/** Tells the types of `cloudflare:workers` what `exports` holds. */
declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("../../src/worker.ts");
    }
  }
}

export interface Claims {
  scope?: string;
  symbols?: string[];
  sub?: string;
  /** When it ends, as jose takes it: `1h`, or seconds since the epoch. */
  ends?: string | number;
  secret?: string;
}

/** A token as `npm run token` prints them. */
export async function tokenOf({ ends, secret, ...claims }: Claims): Promise<string> {
  const key = new TextEncoder().encode(secret ?? configOf(env).JWT_SECRET ?? "");
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(ends ?? "1h")
    .sign(key);
}

/** A request to the Worker, with a token of this scope where one is named. */
export async function ask(path: string, init: RequestInit = {}, scope?: string): Promise<Response> {
  const headers = new Headers(init.headers);
  if (init.body && !headers.has("content-type")) headers.set("content-type", "application/json");
  if (scope !== undefined) headers.set("authorization", `Bearer ${await tokenOf({ scope })}`);
  const response = await exports.default.fetch(`http://edgetape${path}`, { ...init, headers });
  if (response.webSocket !== null) sockets.push(response.webSocket);
  return response;
}

/** A socket whose token ends in as few seconds as this machine opens it in. */
export async function askEndingSoon(path: string): Promise<{ response: Response; endMs: number }> {
  for (let seconds = 3; ; seconds *= 2) {
    const ends = Math.floor(Date.now() / 1_000) + seconds;
    const authorization = `Bearer ${await tokenOf({ scope: "read", ends })}`;
    const response = await ask(path, { headers: { upgrade: "websocket", authorization } });
    if (response.status !== 401) return { response, endMs: ends * 1_000 };
  }
}

const sockets: WebSocket[] = [];

/** Ends every socket that a test has opened: the runtime does not end while one is open. */
export function closeSockets(): void {
  for (const socket of sockets.splice(0)) {
    // A socket no viewer was made of has not been accepted yet.
    try {
      socket.accept();
    } catch {}
    try {
      socket.close(1000);
    } catch {}
  }
}

export async function push(
  route: "metrics" | "trades" | "positions" | "books" | "orders" | "notes" | "bars",
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return ask(
    `/api/${route}`,
    { method: "POST", body: text, headers: { "content-type": "application/json", ...headers } },
    "write",
  );
}

/** Two points of one series at one moment are one (INV-9), so each number has a moment of its own. */
const FIRST_TS_US = (Date.now() - 300_000) * 1_000;

/** Pushes points that carry the numbers from `first` on, and gives the cursor of their last frame. */
export async function pushPoints(symbol: string, first: number, count = 1): Promise<Cursor> {
  const points = Array.from({ length: count }, (_, at) => ({
    symbol,
    metric: "load",
    value: first + at,
    ts: FIRST_TS_US + first + at,
  }));
  const accepted = acceptedSchema.parse(await (await push("metrics", points)).json());
  const cursor = accepted.cursors[symbol];
  if (cursor === undefined) throw new Error(`no cursor for ${symbol}`);
  return cursor;
}

/** The host of a symbol, which by default is that of all symbols. */
export function hostStubOf(symbol: string): DurableObjectStub<HostCalls> & DurableObjectStub {
  const { HOST } = env as unknown as Env;
  const name = hostOf(symbol as SymbolName, configOf(env));
  return HOST.get(HOST.idFromName(name)) as ReturnType<typeof hostStubOf>;
}

/** Makes symbols known as if something of them had been pushed. */
export async function makeKnown(...symbols: string[]): Promise<void> {
  for (const symbol of symbols) await hostStubOf(symbol).know([symbol as SymbolName]);
}

let made = 0;

/** A symbol no other test has. */
export function newSymbol(): string {
  made += 1;
  return `T${Date.now()}-${made}`;
}

/** How many series a symbol may have (SPEC L-22): for all objects, until it is set again. */
export async function limitSeries(most: number): Promise<void> {
  await runInDurableObject(hostStubOf(newSymbol()), (host) => {
    Object.assign(configOf((host as unknown as { env: object }).env), { LIMIT_SERIES: most });
  });
}
