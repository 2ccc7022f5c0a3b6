import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, closeSockets, hostStubOf, newSymbol, pushPoints } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(() => {
  const neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

/** A reader of server-sent events, as far as a test needs one. */
class Reader {
  lastId = "";
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(symbol: string, query = "", headers = {}): Promise<Reader> {
    const answer = await ask(`/api/rooms/${symbol}/stream${query}`, { headers }, "read");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    expect(answer.headers.get("cache-control")).toContain("no-transform");
    expect(answer.headers.get("x-accel-buffering")).toBe("no");
    if (answer.body === null) throw new Error("no body");
    return new Reader(answer.body);
  }

  /** Messages, until there is one of this type; null where the stream ends. */
  async until(type: string): Promise<{ type: string; [field: string]: unknown } | null> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return null;
        this.#rest += value;
        continue;
      }
      const lines = this.#rest.slice(0, end).split("\n");
      this.#rest = this.#rest.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      this.lastId = field("id") ?? this.lastId;
      const data = field("data");
      const message = data === undefined ? null : JSON.parse(data);
      if (message?.type === type) return message;
    }
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

describe("ST-11 a room as server-sent events", () => {
  it("begins with its last values, and goes on from Last-Event-ID", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 1, 2);
    const first = await Reader.open(symbol);
    expect(await first.until("snapshot")).toMatchObject({ metrics: [{ value: 2 }] });
    await pushPoints(symbol, 3);
    expect(await first.until("events")).toMatchObject({ events: [{ value: 3 }] });
    expect(first.lastId).toMatch(/^\d{16}\/./);
    await first.close();
    await pushPoints(symbol, 4);
    const again = await Reader.open(symbol, "?since=0", { "last-event-id": first.lastId });
    expect(await again.until("events")).toMatchObject({ events: [{ value: 4 }] });
    expect(await again.until("caught_up")).toMatchObject({ replayed: 1 });
    await again.close();
    const lost = await Reader.open(symbol, "", { "last-event-id": "1700000000000000/made-up" });
    expect(await lost.until("gap")).toMatchObject({ reason: "reset" });
    await lost.close();
  });

  it("ends when the runtime does, and refuses an id that is none", async () => {
    const symbol = newSymbol();
    const reader = await Reader.open(symbol);
    await reader.until("caught_up");
    await hostStubOf(symbol).sayGoodbye();
    expect(await reader.until("never")).toBeNull();
    const wrong = await ask(
      `/api/rooms/${symbol}/stream`,
      { headers: { "last-event-id": "nonsense" } },
      "read",
    );
    expect(wrong.status).toBe(400);
    expect((await ask(`/api/rooms/${symbol}/stream`)).status).toBe(401);
  });
});
