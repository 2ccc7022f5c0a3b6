import { expect } from "vitest";
import { app } from "../../src/app.ts";
import type { RoomTail } from "../../src/bindings/room.ts";
import { encodeFrame } from "../../src/core/encode-events.ts";
import { SeriesIdCache } from "../../src/db/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../src/db/store-frames.ts";
import type { TapeEvent } from "../../src/protocol/event.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { TestDatabase } from "./databases.ts";
import { cursorAt, frame, room } from "./events.ts";

/** The Worker's routes on a database, with rooms in their place that `tape` has filled. */
export class WorkerOnDatabase {
  readonly #database: TestDatabase;
  readonly #ids = new SeriesIdCache();
  readonly #tails = new Map<string, RoomTail>();

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
    const none: RoomTail = { storedThrough: cursorAt(0), cursor: cursorAt(0), frames: [] };
    const url = new URL(this.#database.sqlUrl);
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await app.request(`/api/analytics/${path}`, init, {
      DATABASE_URL: `postgres://edgetape:${this.#database.secret}@${url.host}/edgetape`,
      DATABASE_ENDPOINT: this.#database.sqlUrl,
      PUBLIC_READ: "true",
      LOG_LEVEL: "error",
      ROOM: {
        idFromName: (name: string) => name,
        get: (name: string) => ({ readTail: async () => this.#tails.get(name) ?? none }),
      },
    });
    if (response.status === 200) expect(response.headers.get("cache-control")).toBe("no-store");
    return { status: response.status, answer: await response.json() };
  }
}
