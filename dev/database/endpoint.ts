import { createHash, timingSafeEqual } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type Backend, type Call, type ConnectionUse, PostgresError } from "./backend.ts";
import type { DatabaseLog } from "./database-log.ts";
import {
  encodeError,
  encodeResult,
  encodeResults,
  presentedSecret,
  presentedUse,
  readRequest,
} from "./neon-protocol.ts";

/** Neon's own limit (proxy, `max_request_size_bytes`), so that what works here works there. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Requests of one use that may wait at once: more means that the database has stopped, and memory must not fill. */
const MAX_WAITING = 200;
/** SQLSTATE disk_full. */
const DISK_FULL = "53100";

export interface EndpointDeps {
  backend: Backend;
  secret: string;
  /** What `/healthz` tells of the backend. */
  kind: "embedded" | "postgres";
  version: string;
  log: DatabaseLog;
}

interface Answer {
  status: number;
  body: string;
}

/**
 * The HTTP server of the endpoint, not yet listening: `POST /sql` as `@neondatabase/serverless` speaks it, and
 * `GET /healthz`. Statements are answered 200, failures of SQL 400 with the fields of Postgres, a database that
 * cannot be reached 503.
 */
export function createEndpoint(deps: EndpointDeps): Server {
  const secretDigest = digest(deps.secret);
  const waiting = new Map<ConnectionUse, number>();
  /** What is wrong is logged when it begins and when it is over, and not with every try. */
  const troubles = new Set<string>();

  async function answer(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const path = request.url?.split("?", 1)[0];
    if (path === "/healthz") {
      return json(200, { status: "ok", backend: deps.kind, version: deps.version });
    }
    if (path !== "/sql") return json(404, { message: "unknown path: SQL goes to POST /sql" });
    if (request.method !== "POST") return json(405, { message: "SQL goes to POST /sql" });
    if (!isSecret(request.headers)) return failure("28P01", "password authentication failed");
    const use = presentedUse(request.headers);
    const others = waiting.get(use) ?? 0;
    if (others >= MAX_WAITING) return json(503, { message: "too many requests are waiting" });
    waiting.set(use, others + 1);
    try {
      return await answerSql(request, { use, signal });
    } finally {
      waiting.set(use, (waiting.get(use) ?? 1) - 1);
    }
  }

  async function answerSql(request: IncomingMessage, call: Required<Call>): Promise<Answer> {
    const text = await readBody(request);
    if (text === undefined) {
      return failure("54000", `request is too large (max is ${MAX_BODY_BYTES} bytes)`);
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return failure("08P01", "the body is not JSON");
    }
    const asked = readRequest(request.headers, body);
    try {
      switch (asked.kind) {
        case "invalid":
          return failure("08P01", asked.message);
        case "single": {
          const result = await deps.backend.run(asked.statement, call);
          worked(call.use);
          return { status: 200, body: encodeResult(result) };
        }
        case "batch": {
          const results = await deps.backend.transaction(asked.statements, asked.options, call);
          worked(call.use);
          return { status: 200, body: encodeResults(results) };
        }
      }
    } catch (error) {
      if (error instanceof PostgresError && !isAway(error)) {
        if (error.fields.code === DISK_FULL) {
          trouble("database_disk_full", error.message, correlationOf(text));
        }
        return { status: 400, body: encodeError(error.fields) };
      }
      // Nobody is there to be told.
      if (!call.signal.aborted) {
        trouble("database_unreachable", String(error), correlationOf(text));
      }
      return json(503, { message: "the database cannot be reached" });
    }
  }

  function trouble(event: string, error: string, correlation: Correlation): void {
    if (troubles.has(event)) return;
    troubles.add(event);
    deps.log("error", event, { ...correlation, error });
  }

  function worked(use: ConnectionUse): void {
    if (troubles.delete("database_unreachable")) deps.log("info", "database_reachable", {});
    // Reading works on a full disk too.
    if (use === "writer" && troubles.delete("database_disk_full")) {
      deps.log("info", "database_disk_has_room", {});
    }
  }

  function isSecret(headers: IncomingHttpHeaders): boolean {
    const presented = presentedSecret(headers);
    // Digests have one length, which the comparison in constant time needs.
    return presented !== undefined && timingSafeEqual(digest(presented), secretDigest);
  }

  return createServer((request, response) => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableEnded) gone.abort();
    });
    answer(request, gone.signal).then(
      (found) => send(response, found),
      (error) => {
        // The client has gone while its body was read, or a bug: either way this request alone is lost.
        if (!gone.signal.aborted) deps.log("error", "request_failed", { error: String(error) });
        send(response, json(500, { message: "internal error" }));
      },
    );
  });
}

type Correlation = { correlation_id?: string };

/** Whose request a statement belongs to: the Worker says it in a comment at its end. */
function correlationOf(body: string): Correlation {
  const id = /\/\* correlation_id=([\w.:-]{1,128}) \*\//.exec(body)?.[1];
  return id === undefined ? {} : { correlation_id: id };
}

/** A server that is starting, stopping or recovering has not looked at the statement. */
function isAway({ fields: { code } }: PostgresError): boolean {
  return code !== undefined && AWAY.has(code);
}

/** SQLSTATEs admin_shutdown, crash_shutdown, cannot_connect_now. */
const AWAY = new Set(["57P01", "57P02", "57P03"]);

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The body as text, or undefined where it is over the limit. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // The rest is read and thrown away: a client sees the answer only after it has sent its body.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

function json(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body) };
}

function failure(code: string, message: string): Answer {
  return { status: 400, body: encodeError({ severity: "ERROR", code, message }) };
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": body.length,
  });
  response.end(body);
}
