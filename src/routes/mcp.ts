import { Hono } from "hono";
import { boundedText, MOST_CHARS, withTimes } from "../formats/mcp/bounded.ts";
import { readMessage, toolResult } from "../formats/mcp/messages.ts";
import { readArguments, TOOLS, targetOf } from "../formats/mcp/tools.ts";
import { needs } from "../http/access/authorize.ts";
import { readText } from "../http/body/read-text.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { CORRELATION_HEADER } from "../http/correlation.ts";
import { endTurn } from "../http/limits/bodies.ts";
import { Refusal } from "../http/problems/refusal.ts";
import type { SymbolsAnswer } from "../protocol/answers/answers.ts";

/** Asks another route of the Worker as if the request's sender did. */
export type AskRoute = (c: AppContext, request: Request) => Promise<Response> | Response;

/** Headers that belong to the message, and not to what it asks for. */
const OF_THE_MESSAGE =
  /^(content-.*|accept|mcp-.*|if-none-match|idempotency-key|transfer-encoding)$/;

/**
 * The Model Context Protocol over streamable HTTP, without sessions: each message is a request of its own. What a tool asks is
 * asked of the routes with the sender's token, so that whatever holds there holds here.
 */
export const mcpRoutes = (ask: AskRoute) =>
  new Hono<AppEnv>()
    .post("/mcp", needs("read"), async (c) => {
      const text = await readText(c);
      const reading = readMessage(text, {
        version: c.req.header("mcp-protocol-version"),
        method: c.req.header("mcp-method"),
        name: c.req.header("mcp-name"),
      });
      endTurn(c);
      const { status, body } =
        reading.kind === "answer"
          ? reading.answer
          : reading.answer(await call(c, ask, reading.name, reading.args));
      const headers = { "cache-control": "no-store" };
      return body === null ? c.body(null, status, headers) : c.json(body, status, headers);
    })
    .all("/mcp", () => {
      throw new Refusal({
        status: 405,
        type: "method-not-allowed",
        title: "Only POST is taken here",
        detail:
          "A message of the Model Context Protocol is a POST. There are no sessions and no streams.",
        headers: { allow: "POST" },
      });
    });

async function call(c: AppContext, ask: AskRoute, name: string, given: unknown): Promise<object> {
  const tool = TOOLS.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  const read = readArguments(tool, given);
  if (read.kind === "wrong") return toolResult(read.message, true);
  const response = await ask(c, requestOf(c, targetOf(tool, read.values)));
  if (!response.ok) return toolResult((await response.text()).slice(0, MOST_CHARS), true);
  const answer = tool.isLines
    ? await firstLines(response, Number(read.values.get("limit")))
    : withTimes(await response.text());
  return toolResult(boundedText(tool, matching(answer, read.values.get("match"))));
}

function requestOf(c: AppContext, target: string): Request {
  const { headers: given, cf, signal } = c.req.raw;
  const headers = new Headers([...given].filter(([name]) => !OF_THE_MESSAGE.test(name)));
  headers.set(CORRELATION_HEADER, c.get("correlationId"));
  // Who is connected is asked of every route.
  return new Request(new URL(target, c.req.url), { headers, signal, cf } as RequestInit);
}

/** The first lines of an export, and whether there are more. The rest is neither read nor made. */
async function firstLines(response: Response, limit: number): Promise<unknown> {
  const events: unknown[] = [];
  let rest = "";
  for await (const part of (response.body ?? new ReadableStream()).pipeThrough(
    new TextDecoderStream(),
  )) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (events.length === limit) return { events, more: true };
      events.push(withTimes(line));
    }
  }
  return { events, more: false };
}

/** Symbols whose name has the text: there may be thousands. */
function matching(answer: unknown, match: string | undefined): unknown {
  if (match === undefined) return answer;
  const { symbols, ...rest } = answer as SymbolsAnswer;
  const text = match.toLowerCase();
  const found = symbols.filter(({ symbol }) => symbol.toLowerCase().includes(text));
  return { symbols: found, ...rest };
}
