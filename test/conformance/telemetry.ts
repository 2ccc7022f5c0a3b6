import { points, push } from "./asking.ts";
import { equals, holds, NotSeen } from "./expectation.ts";
import type { Check, Server } from "./server.ts";

/** What the server tells of itself (SPEC, Telemetry). */
export const telemetry: readonly Check[] = [
  { rule: "T-1", run: scraped },
  { rule: "T-2", run: withoutToken },
];

/** `# HELP`, `# TYPE`, or a sample: a name, labels, a number. */
const LINE = /^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{.*\})? (-?[\d.e+-]+|NaN|[+-]Inf))$/i;

async function scraped(server: Server): Promise<void> {
  await push(server, "metrics", points(server, server.newSymbol(), 1));
  const answer = await server.http("/metrics");
  equals("GET /metrics answered", answer.status, 200);
  const type = answer.headers.get("content-type");
  equals("the content type", type, "text/plain; version=0.0.4; charset=utf-8");
  const bad = answer.text
    .trimEnd()
    .split("\n")
    .filter((line) => !LINE.test(line));
  equals("lines that are none of the format", bad, []);
  const posts = /^edgetape_requests_total\{route="\/api\/metrics",method="POST".*\} [1-9]/m;
  holds("the push counted", posts.test(answer.text), answer.text);
}

async function withoutToken(server: Server): Promise<void> {
  const elsewhere = { "x-forwarded-for": "203.0.113.7" };
  const { status } = await server.http("/metrics", { token: null, headers: elsewhere });
  if (status === 200) throw new NotSeen("the server takes every address for its own");
  equals("no token answered", status, 401);
}
