import type { RefusedPlaces } from "./batch.ts";

/** A `Retry-After` beyond this is not believed. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const MOST_SHOWN_CHARS = 1_000;
const MOST_SHOWN_OF_A_PAGE_CHARS = 200;

/** What came back for a post. */
export interface Answer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/** What an answer means for its batch. */
export type Verdict =
  /** The server has the batch. Of log lines it may have refused some. */
  | { kind: "accepted"; refused: RefusedPlaces }
  /** Nothing is wrong with the batch, as far as is known: the same again, later. `isNetwork`: nobody answered. */
  | { kind: "later"; why: string; retryAfterMs: number; isNetwork: boolean }
  /** Something in the batch will never be taken. `named`: what the server knew of it. */
  | { kind: "bad"; why: string; named: RefusedPlaces; needsNewKey: boolean };

/** The verdict on what was posted to `where` (a URL), which is said in its words. */
export function judge(where: string, answer: Answer, nowMs: number): Verdict {
  const { status } = answer;
  const value = objectOf(answer.body);
  if (status >= 200 && status < 300) {
    if (!("accepted" in value)) {
      const why = `${where} answers ${status}, but not as Edgetape: ${page(answer)}`;
      return { kind: "later", why, retryAfterMs: 0, isNetwork: false };
    }
    return { kind: "accepted", refused: linesOf(value["refused"]) };
  }
  const why = `${where} answers ${problemWords(answer)}`;
  // A token that does not cover a symbol is the fault of the event. What else it may not do is that of who gave the token.
  const isOfEvent = status === 403 && String(value["detail"]).includes(" not for ");
  if ([400, 413, 415, 422].includes(status) || isOfEvent) {
    const needsNewKey = String(value["type"]).endsWith("idempotency-key-reused");
    return { kind: "bad", why, named: placesOf(value["errors"]), needsNewKey };
  }
  return {
    kind: "later",
    why: status === 404 ? `${why}. A server of another version, or another address?` : why,
    retryAfterMs: retryAfterMs(answer.retryAfter, nowMs),
    isNetwork: false,
  };
}

/** How long a `Retry-After` asks for: it holds seconds, or a date. */
export function retryAfterMs(text: string | undefined, nowMs: number): number {
  if (text === undefined || text.trim() === "") return 0;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - nowMs : seconds * 1_000;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}

/** The object in a body, or an empty one: what stands between may answer with a page. */
function objectOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function listOf(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each) => typeof each === "object" && each !== null);
}

/** `[{line, why}]`, lines from 1. */
function linesOf(refused: unknown): RefusedPlaces {
  return new Map(listOf(refused).map(({ line, why }) => [Number(line) - 1, String(why)]));
}

/** `[{path: "[3].price", message}]`, of each event the first. */
function placesOf(errors: unknown): RefusedPlaces {
  const named = new Map<number, string>();
  for (const { path, message } of listOf(errors)) {
    const place = /^\[(\d+)\]/.exec(String(path))?.[1];
    if (place !== undefined && !named.has(Number(place))) {
      named.set(Number(place), `${String(path)} ${String(message)}`);
    }
  }
  return named;
}

function problemWords(answer: Answer): string {
  const problem = objectOf(answer.body);
  const words = [problem["title"], problem["detail"]].filter((each) => each !== undefined);
  const id = problem["correlation_id"];
  const by = id === undefined ? "" : ` (correlation id ${String(id)})`;
  return `${answer.status} ${words.join(": ").slice(0, MOST_SHOWN_CHARS) || page(answer)}${by}`;
}

function page({ body }: Answer): string {
  return JSON.stringify(body.slice(0, MOST_SHOWN_OF_A_PAGE_CHARS));
}
