import { Hono } from "hono";
import type { LogLineDecoder } from "../formats/logs/decode-log-lines.ts";
import { forbidden, needs, seesOf } from "../http/access/authorize.ts";
import { readIdempotencyKey } from "../http/body/idempotency-key.ts";
import { readLogLines } from "../http/body/read-log-lines.ts";
import type { AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { needsStorage } from "../http/limits/storage.ts";
import { Refusal } from "../http/problems/refusal.ts";
import { takePush } from "../http/pushes/take-push.ts";
import { untilStored, waitsUntilStored } from "../http/pushes/until-stored.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { readLogQuery } from "../http/query/read-log-query.ts";
import { databaseOf } from "../http/sources/database-of.ts";
import { listSourcesOf } from "../http/sources/list-sources.ts";
import type { LogsAccepted } from "../protocol/answers/logs.ts";
import { readLogs } from "../reads/logs/read-logs.ts";
import { seenSymbols, theSymbol } from "../reads/logs/seen-symbols.ts";

/** Log lines: pushed as loggers print them, and looked for (SPEC LG-1 to LG-8). */
export const logRoutes = new Hono<AppEnv>()
  .post("/api/logs", needs("write"), needsStorage, async (c) => {
    const waits = waitsUntilStored(c);
    const key = readIdempotencyKey(c);
    const { decoder, text } = await readLogLines(c);
    if (decoder.items.length === 0) throw nothingTaken(decoder);
    const { cursors, hosts } = await takePush(c, decoder.items, { key, body: () => text });
    const body: LogsAccepted = {
      accepted: decoder.items.length,
      cursors,
      ...{ refused: [...decoder.faults], refused_count: decoder.refused },
    };
    return c.json(body, waits && (await untilStored(c, hosts)) ? 200 : 202);
  })
  .get("/api/logs", needs("read"), async (c) => {
    const { symbol, limit, ...query } = readLogQuery(c);
    if (symbol !== null) await admitRead(c, [symbol]);
    const answer = await inTurn(c, async () => {
      const db = databaseOf(c.get("config"));
      const symbols = symbol === null ? await seenSymbols(db, seesOf(c)) : theSymbol(symbol);
      const filter = { ...query, symbols };
      const sources = { ...listSourcesOf(c), db, correlationId: c.get("correlationId") };
      return readLogs(sources, filter, { limit, symbol });
    });
    return c.json(answer, 200, { "cache-control": "no-store" });
  });

function nothingTaken({ faults, refused, forbidden: others }: LogLineDecoder): Refusal {
  if (others === refused) return new Refusal(forbidden(`No line was taken: ${faults[0]?.why}.`));
  return new Refusal({
    status: 422,
    type: "invalid-events",
    title: "Some items are not right",
    detail: "No line was taken: see errors.",
    errors: faults.map(({ line, why }) => ({ path: `line ${line}`, message: why })),
  });
}
