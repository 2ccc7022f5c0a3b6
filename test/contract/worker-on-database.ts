import { expect } from "vitest";
import { mintToken } from "../../dev/cli/mint-token.ts";
import { app } from "../../src/app.ts";
import type { Acquaintance, HostBatch, HostOutcome, RoomTail } from "../../src/bindings/host.ts";
import { decodeFrame, encodeFrame } from "../../src/core/events/encode-events.ts";
import { SeriesIdCache } from "../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../src/db/store/store-frames.ts";
import type { TapeEvent } from "../../src/protocol/events/event.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import type { TestDatabase } from "./databases.ts";
import { cursorAt, frame, room } from "./events.ts";

const JWT_SECRET = "a secret of the tests, of 32 characters and more";

/** The Worker's routes on a database, with rooms in their place that `tape` has filled. */
export class WorkerOnDatabase {
  readonly #database: TestDatabase;
  readonly #ids = new SeriesIdCache();
  readonly #tails = new Map<string, RoomTail>();
  /** The newest cursor of what was pushed. */
  #pushed = 1_000_000;

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  /** An event a frame; the last `inRoom` of them are in the room alone. */
  async tape(symbol: SymbolName, events: TapeEvent[], inRoom = 0): Promise<void> {
    const frames: StoredFrame[] = events.map((event, at) => frame(at + 1, event));
    const stored = frames.length - inRoom;
    await storeFrames(this.#database.db, [room(symbol, ...frames.slice(0, stored))], this.#ids);
    this.#tails.set(symbol, {
      storedThrough: cursorAt(stored),
      cursor: cursorAt(frames.length),
      frames: frames
        .slice(stored)
        .map(({ cursor, events }) => ({ cursor, ...encodeFrame(events) })),
    });
  }

  /** The answer of an analysis, to a POST where there is a body. */
  async ask(path: string, body?: unknown): Promise<{ status: number; answer: unknown }> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await this.#request(`/api/analytics/${path}`, init);
    if (response.status === 200) expect(response.headers.get("cache-control")).toBe("no-store");
    return { status: response.status, answer: await response.json() };
  }

  /** The answer of any other route. */
  async get(path: string): Promise<{ status: number; answer: Record<string, unknown> }> {
    const response = await this.#request(path, {});
    return { status: response.status, answer: await response.json() };
  }

  /** The answer to a push that waits until its events are stored; rooms remember nothing. */
  async push(path: string, events: unknown): Promise<Record<string, unknown>> {
    const init = { method: "POST", body: JSON.stringify(events) };
    const response = await this.#request(`${path}?wait=stored`, init);
    expect(response.status).toBe(200);
    return await response.json();
  }

  async #request(path: string, { body, ...init }: RequestInit): Promise<Response> {
    const none: RoomTail = { storedThrough: cursorAt(0), cursor: cursorAt(0), frames: [] };
    const url = new URL(this.#database.sqlUrl);
    const claims = { scopes: ["read", "write"], ttlSeconds: 600 } as const;
    const token = await mintToken(JWT_SECRET, claims, Math.floor(Date.now() / 1_000));
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return app.request(
      path,
      { ...init, headers, ...(body !== undefined && { body }) },
      {
        DATABASE_URL: `postgres://edgetape:${this.#database.secret}@${url.host}/edgetape`,
        DATABASE_ENDPOINT: this.#database.sqlUrl,
        PUBLIC_READ: "true",
        LOG_LEVEL: "error",
        JWT_SECRET,
        HOST: {
          idFromName: (name: string) => name,
          get: () => ({
            // Whatever a test asks for has been pushed, it says.
            acquaintance: async () => ({ kind: "known" }) satisfies Acquaintance,
            know: async () => undefined,
            readTail: async (symbol: SymbolName) => this.#tails.get(symbol) ?? none,
            untilStored: async () => true,
            append: (batch: HostBatch) => this.#store(batch),
          }),
        },
      },
    );
  }

  async #store(batch: HostBatch): Promise<HostOutcome> {
    const cursors: Cursor[] = [];
    for (const { symbol, frames } of batch.rooms) {
      const stored = frames.map(({ text }) => {
        this.#pushed += 1;
        return frame(this.#pushed, ...decodeFrame(text));
      });
      await storeFrames(this.#database.db, [room(symbol, ...stored)], this.#ids);
      const cursor = cursorAt(this.#pushed);
      this.#tails.set(symbol, { storedThrough: cursor, cursor, frames: [] });
      cursors.push(cursor);
    }
    return { kind: "appended", cursors };
  }
}
