import { Hono } from "hono";
import { type Family, gauge } from "../core/metrics/families.ts";
import { encodeMetrics, type Source, TEXT_FORMAT } from "../core/metrics/text-format.ts";
import { accessOf, forbidden, needs, unauthorized } from "../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { Refusal } from "../http/problems/refusal.ts";
import { askRuntime } from "../http/sources/ask-runtime.ts";
import { metricsHere } from "../http/sources/metrics-here.ts";

export const metricsRoutes = new Hono<AppEnv>().get("/metrics", needs("read"), async (c) => {
  admit(c);
  const { RUNTIMES: count } = c.get("config");
  const sources = count === 1 ? [await ofTheOnly(c)] : await ofEach(c, count);
  return c.body(encodeMetrics(sources), 200, { "content-type": TEXT_FORMAT });
});

/**
 * They tell of all symbols together and of the machine. So whoever reads without a token must be on this machine, where that is
 * let in, and a token must be for all symbols (SPEC T-2).
 */
function admit(c: AppContext): void {
  const { grant, token } = accessOf(c);
  if (token === null && c.get("config").PUBLIC_READ === true) {
    throw new Refusal(
      unauthorized("Metrics are not public: send the header Authorization: Bearer TOKEN."),
    );
  }
  if (grant.symbols !== null) {
    throw new Refusal(forbidden("Metrics are of all symbols, and the token is for some of them."));
  }
}

async function ofTheOnly(c: AppContext): Promise<Source> {
  return { labels: {}, families: await metricsHere(c.env) };
}

function ofEach(c: AppContext, count: number): Promise<Source[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const families = await familiesOf(c, number);
      const up = gauge(
        { name: "edgetape_runtime_up", help: "Whether the runtime has answered." },
        families === null ? 0 : 1,
      );
      return { labels: { runtime: String(number) }, families: [...(families ?? []), up] };
    }),
  );
}

function familiesOf(c: AppContext, number: number): Promise<Family[] | null> {
  if (number === c.get("config").RUNTIME) return metricsHere(c.env);
  return askRuntime(c, number, (door) => door.metrics());
}
