import { logsAcceptedSchema, logsAnswerSchema } from "../../src/protocol/answers/logs.ts";
import { traceAnswerSchema } from "../../src/protocol/answers/trace.ts";
import { equals, holds, parsed } from "./expectation.ts";
import type { Check, Server } from "./server.ts";

export const logs: readonly Check[] = [
  { rule: "LG-6", run: lineByLine },
  { rule: "LG-7", run: found },
  { rule: "TR-1", run: traced },
];

async function lineByLine(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const { refused, refused_count, accepted } = await post(server, [
    ...[JSON.stringify({ symbol, level: "warn", msg: "one" }), "{", "[INFO] for people"],
    JSON.stringify({ symbol, level: 50, msg: "two" }),
  ]);
  equals("lines taken and refused:", [accepted, refused_count], [3, 1]);
  equals("the line that was refused:", refused[0]?.line, 2);
  const lines = await linesOf(server, `symbol=${symbol}`);
  const levels = lines.map(({ level, event }) => `${level} ${event}`);
  equals("its lines, the newest first:", levels, ["error two", "warn one"]);
}

async function found(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const word = `w${symbol.toLowerCase().replaceAll(/[^a-z0-9]/g, "")}`;
  const many = Array.from({ length: 7 }, (_, at) =>
    JSON.stringify({
      symbol,
      service: `s${at % 2}`,
      level: at < 4 ? "info" : "error",
      msg: `${word} ${at}`,
    }),
  );
  await post(server, many);
  const eventsOf = async (query: string) =>
    (await linesOf(server, query)).map(({ event }) => event.split(" ")[1]).join("");
  equals("all of a word:", await eventsOf(`q=${word}`), "6543210");
  equals("of a beginning:", await eventsOf(`q=${word.slice(0, -1)}*`), "6543210");
  equals("of two words:", await eventsOf(`q=${word}+3`), "3");
  equals("of a service:", await eventsOf(`symbol=${symbol}&service=s1`), "531");
  equals("from a level on:", await eventsOf(`symbol=${symbol}&level=warn`), "654");
  let pages = "";
  for (let after = ""; pages.length < many.length; ) {
    const query = `symbol=${symbol}&limit=3${after}`;
    const answer = parsed(
      "a page",
      logsAnswerSchema,
      (await server.http(`/api/logs?${query}`)).text,
    );
    pages += answer.lines.map(({ event }) => event.split(" ")[1]).join("");
    if (answer.next === undefined) break;
    after = `&after=${encodeURIComponent(answer.next)}`;
  }
  equals("page by page:", pages, "6543210");
}

async function traced(server: Server): Promise<void> {
  const [a, b] = [server.newSymbol(), server.newSymbol()];
  const id = `id-${a}`;
  // Lines of one moment may come in any order.
  const ts = (afterMs: number) => new Date(Date.now() - 5_000 + afterMs).toISOString();
  await post(server, [
    JSON.stringify({ symbol: a, correlation_id: id, msg: "first", ts: ts(0) }),
    JSON.stringify({ symbol: b, trace_id: id, msg: "second", ts: ts(100) }),
    JSON.stringify({ symbol: b, msg: "another" }),
  ]);
  const { status, text } = await server.http(`/api/trace/${encodeURIComponent(id)}`);
  holds("GET /api/trace answered 200", status === 200, `${status} ${text}`);
  const { events } = parsed("a trace", traceAnswerSchema, text);
  const pushed = events.filter(({ kind }) => kind === "log");
  equals(
    "its lines, in time:",
    pushed.map(({ symbol }) => symbol),
    [a, b],
  );
}

async function post(server: Server, lines: readonly string[]) {
  const { status, text } = await server.http("/api/logs", {
    method: "POST",
    body: lines.join("\n"),
    headers: { "content-type": "application/x-ndjson" },
  });
  holds("POST /api/logs taken", status === 202, `${status} ${text}`);
  return parsed("the answer of POST /api/logs", logsAcceptedSchema, text);
}

async function linesOf(server: Server, query: string) {
  const { status, text } = await server.http(`/api/logs?${query}`);
  holds("GET /api/logs answered 200", status === 200, `${status} ${text}`);
  return parsed("the answer of GET /api/logs", logsAnswerSchema, text).lines;
}
