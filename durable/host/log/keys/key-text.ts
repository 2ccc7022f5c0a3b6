import type { IdempotentRequest } from "../../../../src/bindings/idempotent-request.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";

/** Longest text of keys in one row, beside the frames in it. */
export const MAX_KEYS_CHARS = 128 * 1024;
/** Digits of a hash of 32 bits in base 36. */
const HASH_DIGITS = 7;

/** The idempotency keys in one row of the log. */
export interface RowKeys {
  /** When they came. */
  atUs: EpochUs;
  /** First cursor of their commit, which may be of several rows; this is the last. */
  from: Cursor;
  requests: readonly IdempotentRequest[];
}

/** Keys as they stand in a row: a flat array in JSON, which has no line break. Cut where they outgrow a row. */
export function keyTexts({ atUs, from, requests }: RowKeys): string[] {
  const texts: string[] = [];
  let run: (string | number)[] = [atUs, from];
  let chars = 0;
  for (const { key, fingerprint } of requests) {
    const size = key.length + fingerprint.length;
    if (run.length > 2 && chars + size > MAX_KEYS_CHARS) {
      texts.push(JSON.stringify(run));
      run = [atUs, from];
      chars = 0;
    }
    run.push(key, fingerprint);
    chars += size;
  }
  if (run.length > 2) texts.push(JSON.stringify(run));
  return texts;
}

export function parseKeys(text: string): RowKeys {
  const [atUs, from, ...rest] = JSON.parse(text) as [EpochUs, Cursor, ...string[]];
  const requests: IdempotentRequest[] = [];
  for (let at = 0; at < rest.length; at += 2) {
    requests.push({ key: rest[at] ?? "", fingerprint: rest[at + 1] ?? "" });
  }
  return { atUs, from, requests };
}

/** The hashes of the keys of a row, each in as many digits, so that those of rows and of blocks join to one text. */
export function hashesOf(text: string, seed: number): string {
  return parseKeys(text)
    .requests.map(({ key }) => hashOf(key, seed).toString(36).padStart(HASH_DIGITS, "0"))
    .join("");
}

export function* readHashes(hashes: string): Generator<number> {
  for (let at = 0; at < hashes.length; at += HASH_DIGITS) {
    yield Number.parseInt(hashes.slice(at, at + HASH_DIGITS), 36);
  }
}

/** 32 bits of a text. They are kept on disk, so this must never change. */
export function hashOf(text: string, seed: number): number {
  let hash = seed ^ 0x9e3779b1;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
