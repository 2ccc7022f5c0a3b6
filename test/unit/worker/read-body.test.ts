import { describe, expect, it } from "vitest";
import { readBody, readBytes, readSnappy } from "../../../src/http/body/read-body.ts";

const LIMITS = { rawBytes: 1_000, unzippedBytes: 10_000 };
const TURNS = { awaitTurn: async () => {}, pause: async () => {} };

/** A request whose body breaks off with this error. */
function broken(error: Error, headers: Record<string, string>): Request {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([0x7b])),
    pull: (controller) => controller.error(error),
  });
  return new Request("http://tape.test/", {
    ...{ method: "POST", body, headers },
    // Node asks for it where the body is a stream; the types of the platform do not know it.
    ...{ duplex: "half" },
  } as RequestInit);
}

describe("I-2 a body that cannot be read to its end", () => {
  it.each([
    ["plain, of any length", readBody, {}],
    ["of a stated length", readBytes, { "content-length": "100" }],
    ["beyond the limit", readBytes, { "content-length": "2000" }],
    ["gzip", readBytes, { "content-encoding": "gzip" }],
    ["snappy", readSnappy, { "content-encoding": "snappy" }],
  ] as const)(
    "%s, is the client's fault where the connection was lost, and else ours",
    async (_, read, headers) => {
      // As workerd marks it (bodies that are cut short, and chunks without a length).
      const lost = Object.assign(new Error("Network connection lost."), { retryable: true });
      expect(await read(broken(lost, headers), LIMITS, TURNS)).toEqual({ kind: "cut_short" });
      for (const ours of [
        new TypeError("Can't read from request stream after response has been sent."),
        new RangeError("Array buffer allocation failed"),
      ]) {
        await expect(read(broken(ours, headers), LIMITS, TURNS)).rejects.toBe(ours);
      }
    },
  );

  it("is ours where it was read before", async () => {
    const request = new Request("http://tape.test/", { method: "POST", body: "{}" });
    await request.text();
    await expect(readBody(request, LIMITS, TURNS)).rejects.toThrow(TypeError);
  });
});
