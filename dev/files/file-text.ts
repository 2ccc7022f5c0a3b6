import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** Files that are often taken for text, by how they begin. */
const OTHERS: readonly [begin: readonly number[], what: string][] = [
  [
    [0x50, 0x4b, 3, 4],
    "a ZIP archive (or a spreadsheet, which is one): unpack it, or save it as CSV",
  ],
  [[0x50, 0x41, 0x52, 0x31], "Parquet: write it as CSV or NDJSON"],
  [[0x28, 0xb5, 0x2f, 0xfd], "packed by zstd: unpack it, or use gzip"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "packed by xz: unpack it, or use gzip"],
  [[0x42, 0x5a, 0x68], "packed by bzip2: unpack it, or use gzip"],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old spreadsheet: save it as CSV"],
];
const GZIP = [0x1f, 0x8b, 8];

/** What a file holds: rows under a header, or a JSON object a line. `text` comes in pieces, once. */
export type FileText = { kind: "csv" | "ndjson"; text: AsyncGenerator<string> };

/**
 * Opens a file of text, `-` being the standard input: UTF-8, or UTF-16 by its mark or its zeros, plain or gzip. `onRead` is told
 * the bytes as they lie on the disk. Throws an Error that says what the file is where it is none of these.
 */
export async function openFileText(
  file: string,
  onRead: (bytes: number) => void = () => {},
): Promise<FileText> {
  const text = textOf(await unzipped(counted(file, onRead), file), file);
  const first = await firstLine(text);
  const start = first.trimStart()[0];
  if (start === "[") {
    await text.return(undefined);
    throw new Error(`${file} is one JSON array: write an object on each line (jq -c '.[]')`);
  }
  return { kind: start === "{" ? "ndjson" : "csv", text: startingWith(first, text) };
}

async function* counted(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of file === "-" ? process.stdin : createReadStream(file)) {
    onRead((chunk as Buffer).length);
    yield chunk as Buffer;
  }
}

async function unzipped(
  bytes: AsyncGenerator<Buffer>,
  file: string,
): Promise<AsyncGenerator<Buffer>> {
  const begin = await atLeast(bytes, 8);
  for (const [bytesOfIt, what] of OTHERS) {
    if (!startsWith(begin, bytesOfIt)) continue;
    await bytes.return(undefined);
    throw new Error(`${file} is ${what}`);
  }
  const whole = startingWith(begin, bytes);
  return startsWith(begin, GZIP) ? gunzipped(whole, file) : whole;
}

async function* gunzipped(bytes: AsyncGenerator<Buffer>, file: string): AsyncGenerator<Buffer> {
  const source = Readable.from(bytes);
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw code.startsWith("Z_")
      ? new Error(`${file} is gzip, but it is broken or cut short: ${message}`)
      : error;
  } finally {
    source.destroy();
  }
}

async function* textOf(bytes: AsyncGenerator<Buffer>, file: string): AsyncGenerator<string> {
  const begin = await atLeast(bytes, 4);
  const encoding = encodingOf(begin);
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of startingWith(begin, bytes)) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== "") yield text;
    }
    yield decoder.decode();
  } catch (error) {
    throw error instanceof TypeError && "code" in error
      ? new Error(`${file} is not text of ${encoding.toUpperCase()}: save it as UTF-8`)
      : error;
  }
}

/** By the mark of byte order, or by the zeros of UTF-16 that has none. */
function encodingOf(begin: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second, third, fourth] = begin;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return "utf-16le";
  return first === 0 && second !== 0 && third === 0 && fourth !== 0 ? "utf-16be" : "utf-8";
}

async function firstLine(text: AsyncGenerator<string>): Promise<string> {
  let line = "";
  while (!/\S.*\n/s.test(line)) {
    const next = await text.next();
    if (next.done) break;
    line += next.value;
  }
  return line;
}

async function atLeast(bytes: AsyncGenerator<Buffer>, count: number): Promise<Buffer> {
  let begin = Buffer.alloc(0);
  while (begin.length < count) {
    const next = await bytes.next();
    if (next.done) break;
    begin = Buffer.concat([begin, next.value]);
  }
  return begin;
}

async function* startingWith<Piece>(
  first: Piece,
  rest: AsyncGenerator<Piece>,
): AsyncGenerator<Piece> {
  yield first;
  yield* rest;
}

function startsWith(begin: Buffer, bytes: readonly number[]): boolean {
  return bytes.every((byte, at) => begin[at] === byte);
}
