import { describe, expect, it } from "vitest";
import { streamOf } from "../../../src/http/export-stream.ts";

describe("the stream of an export", () => {
  /** Counts what has been made, so that it can be seen who waits for whom. */
  function counted(failAt: number) {
    const seen = { made: 0, hasEnded: false, failures: [] as unknown[] };
    async function* texts(): AsyncGenerator<string, void> {
      try {
        for (; seen.made < 5; seen.made += 1) {
          if (seen.made === failAt) throw new Error("the database is away");
          yield `${seen.made}\n`;
        }
      } finally {
        seen.hasEnded = true;
      }
    }
    const stream = streamOf(texts(), (error) => seen.failures.push(error));
    return { seen, stream, reader: () => stream.getReader() };
  }

  it("gives all texts and ends", async () => {
    const { stream, seen } = counted(9);
    expect(await new Response(stream).text()).toBe("0\n1\n2\n3\n4\n");
    expect(seen).toEqual({ made: 5, hasEnded: true, failures: [] });
  });

  it("makes a text only when the one before has been taken", async () => {
    const { seen, reader } = counted(9);
    const slow = reader();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.made).toBe(0);
    await slow.read();
    await slow.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.made).toBe(1);
  });

  it("breaks off where a text fails, and says why once", async () => {
    const { stream, seen } = counted(2);
    await expect(new Response(stream).text()).rejects.toThrow();
    expect(seen.failures.map(String)).toEqual(["Error: the database is away"]);
  });

  it("stops with its reader, and that is no failure", async () => {
    const { seen, reader } = counted(9);
    const leaving = reader();
    await leaving.read();
    const unread = leaving.read();
    await leaving.cancel();
    await unread;
    expect(seen.hasEnded).toBe(true);
    expect(seen.failures).toEqual([]);
  });
});
