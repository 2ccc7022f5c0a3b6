import { execFileSync } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFileText } from "../../../dev/files/file-text.ts";
import { linesOf } from "../../../dev/files/lines.ts";
import { seekableFile } from "../../../dev/files/seekable-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function open(bytes: Uint8Array | string): Promise<{ kind: string; text: string }> {
  const file = join(folder, "file");
  writeFileSync(file, bytes);
  const { kind, text } = await openFileText(file);
  let whole = "";
  for await (const piece of text) whole += piece;
  return { kind, text: whole };
}

const CSV = "date,close\n2026-01-30,Ω貴😀\n";
const be = (text: string) => Buffer.from(text, "utf16le").swap16();

describe("a file of text", () => {
  it.each([
    ["UTF-8", Buffer.from(CSV)],
    ["UTF-8 with its mark", Buffer.from(`\uFEFF${CSV}`)],
    ["UTF-16 with its mark", Buffer.from(`\uFEFF${CSV}`, "utf16le")],
    ["UTF-16 the other way round", be(`\uFEFF${CSV}`)],
    ["UTF-16 without a mark", Buffer.from(CSV, "utf16le")],
    ["UTF-16 without a mark, the other way round", be(CSV)],
    ["gzip", gzipSync(CSV)],
    ["gzip of UTF-16", gzipSync(Buffer.from(`\uFEFF${CSV}`, "utf16le"))],
    ["gzip of two members", Buffer.concat([gzipSync(CSV.slice(0, 9)), gzipSync(CSV.slice(9))])],
  ])("may be %s", async (_, bytes) => {
    expect(await open(bytes)).toEqual({ kind: "csv", text: CSV });
  });

  it("is of lines where it begins with an object, and may be empty", async () => {
    expect((await open('\n {"a":1}\n')).kind).toBe("ndjson");
    expect(await open("")).toEqual({ kind: "csv", text: "" });
  });

  it.each([
    ["a spreadsheet", Buffer.from("PK\u0003\u0004rest"), "is a ZIP archive (or a spreadsheet"],
    ["Parquet", Buffer.from("PAR1rest"), "is Parquet: write it as CSV"],
    ["one JSON array", Buffer.from('[{"a":1}]'), "is one JSON array: write an object on each line"],
    ["Latin-1", Buffer.from("date,Société\n", "latin1"), "is not text of UTF-8: save it as UTF-8"],
    ["half a gzip", gzipSync(CSV.repeat(99)).subarray(0, 40), "is gzip, but it is broken"],
  ])("that is %s is said to be that", async (_, bytes, words) => {
    await expect(open(bytes)).rejects.toThrow(words);
  });

  it("has the same lines however it is cut into pieces", async () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "\u2028", "\r", "é") }));
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
        async (given, cuts) => {
          const wanted = given.map((line) => line.replace(/\r$/, ""));
          const text = given.map((line) => `${line}\n`).join("");
          async function* pieces() {
            for (let at = 0; at < text.length; ) {
              const size = cuts.next().value as number;
              yield text.slice(at, at + size);
              at += size;
            }
          }
          const found = [];
          for await (const line of linesOf(pieces())) found.push(line);
          expect(found).toEqual(wanted);
        },
      ),
    );
  });

  it.skipIf(process.platform === "win32")(
    "that is a pipe is copied, and taken away again",
    async () => {
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      createWriteStream(pipe).end(CSV);
      const { path, remove } = await seekableFile(pipe, new AbortController().signal);
      for (let look = 0; look < 2; look += 1) {
        let text = "";
        for await (const piece of (await openFileText(path)).text) text += piece;
        expect(text).toBe(CSV);
      }
      remove();
      expect(existsSync(path)).toBe(false);
    },
  );
});
