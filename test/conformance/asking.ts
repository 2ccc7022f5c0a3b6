import type * as z from "zod";
import {
  type Accepted,
  acceptedSchema,
  pollAnswerSchema,
} from "../../src/protocol/answers/answers.ts";
import { type Problem, problemSchema } from "../../src/protocol/answers/problem.ts";
import { barsAcceptedSchema } from "../../src/protocol/events/bar-push.ts";
import type { TapeEvent } from "../../src/protocol/events/event.ts";
import { equals, holds, parsed } from "./expectation.ts";
import type { Answer, HttpRequest, Server } from "./server.ts";

type Route = "metrics" | "trades" | "positions" | "books" | "orders" | "notes" | "bars";

/** Headers of a push, and what stands behind its path: `?wait=stored`. */
export interface PushOptions {
  headers?: Readonly<Record<string, string>>;
  query?: string;
}

/** Posts to a route; a body that is no text or bytes goes as JSON. */
export function post(
  server: Server,
  route: Route,
  body: unknown,
  { headers = {}, query = "" }: PushOptions = {},
): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  return server.http(`/api/${route}${query}`, {
    method: "POST",
    body: raw ? (body as NonNullable<HttpRequest["body"]>) : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Bars that must be taken: 200. */
export async function pushBars(server: Server, bars: unknown): Promise<void> {
  const answer = await post(server, "bars", bars);
  holds("POST /api/bars answered 200", answer.status === 200, `${answer.status} ${answer.text}`);
  parsed("the answer of POST /api/bars", barsAcceptedSchema, answer.text);
}

/** Events that must be taken: 202, or 200 where the push waited. */
export async function push(
  server: Server,
  route: Exclude<Route, "bars">,
  body: unknown,
  options: PushOptions = {},
): Promise<Accepted> {
  const answer = await post(server, route, body, options);
  const isTaken = answer.status === 202 || answer.status === 200;
  holds(`POST /api/${route} taken`, isTaken, `${answer.status} ${answer.text}`);
  return parsed(`the answer of POST /api/${route}`, acceptedSchema, answer.text);
}

/** The same, and the cursor it is covered by. */
export async function pushTo(
  server: Server,
  symbol: string,
  route: Exclude<Route, "bars">,
  body: unknown,
  options: PushOptions = {},
): Promise<number> {
  const { cursors } = await push(server, route, body, options);
  const cursor = cursors[symbol];
  holds(`a cursor for ${symbol}`, cursor !== undefined, cursors);
  return cursor;
}

/** Points with the values `first`, `first` + 1, ..., each at a moment of its own. */
export function points(server: Server, symbol: string, first: number, count = 1) {
  const startUs = Math.floor(server.clock.nowMs() - 300_000) * 1_000;
  return numbers(first, count).map((value) => ({
    ...{ symbol, metric: "load", value },
    ts: startUs + value,
  }));
}

/** Pushes such points and gives the cursor of the last. */
export function pushPoints(
  server: Server,
  symbol: string,
  first: number,
  count = 1,
): Promise<number> {
  return pushTo(server, symbol, "metrics", points(server, symbol, first, count));
}

/** Of a promise that is awaited later: until then its failure is nobody's. */
export function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** `first`, `first` + 1, ... */
export function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

/** An answer of 200 to a GET, of this shape. */
export async function read<Schema extends z.ZodType>(
  server: Server,
  schema: Schema,
  path: string,
): Promise<z.infer<Schema>> {
  const answer = await server.http(path);
  holds(`GET ${path} answered 200`, answer.status === 200, `${answer.status} ${answer.text}`);
  return parsed(`the answer of GET ${path}`, schema, answer.text);
}

export function poll(server: Server, symbol: string, since: number | string, more = "&limit=1000") {
  const path = `/api/rooms/${encodeURIComponent(symbol)}/events?since=${since}${more}`;
  return read(server, pollAnswerSchema, path);
}

/** All events of a symbol that has few. */
export async function eventsOf(server: Server, symbol: string): Promise<readonly TapeEvent[]> {
  return (await poll(server, symbol, 0)).events;
}

export function valuesOf(events: readonly TapeEvent[]): number[] {
  return events.flatMap((event) => (event.kind === "metric" ? [event.value] : []));
}

/** A refusal as every refusal must be (I-10): the status, and a problem document with the answer's correlation id. */
export function refusal(what: string, answer: Answer, status: number): Problem {
  equals(`${what} answered with`, answer.status, status);
  const type = answer.headers.get("content-type") ?? "";
  holds(`${what}: a problem document`, type.startsWith("application/problem+json"), type);
  const problem = parsed(`${what}: the problem`, problemSchema, answer.text);
  equals(`${what}: a status in the problem of`, problem.status, status);
  const id = answer.headers.get("x-correlation-id");
  equals(`${what}: a correlation_id of`, problem.correlation_id, id);
  return problem;
}

/** The same, of a type that SPEC names. */
export function refusalOf(what: string, answer: Answer, status: number, type: string): Problem {
  const problem = refusal(what, answer, status);
  equals(`${what}: the type`, problem.type, `urn:edgetape:problem:${type}`);
  return problem;
}

/** Everything that a problem says, for what must be told in words. */
export function wordsOf(problem: Problem): string {
  return [problem.title, problem.detail, ...(problem.errors ?? []).map((each) => each.message)]
    .join("\n")
    .toLowerCase();
}

/** Start of the minute that is so many before this one, in microseconds. */
export function minuteUs(server: Server, back: number): number {
  return (Math.floor(server.clock.nowMs() / 60_000) - back) * 60_000_000;
}

const UTF8 = new TextEncoder();

export async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const zipped = new Blob([UTF8.encode(text)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}
