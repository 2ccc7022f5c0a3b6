import type { Database } from "../../src/db/driver/database.ts";
import { DAY_US } from "../storage/tape.ts";

/** A week of lines: 100 symbols, 220 services, most lines of a few of them, and words that a line in so many has. */
export const DAYS = 7;
export const WORDS = { common: "order", some: "midword", rare: "rareword", needle: "needle" };
export const SERVICES = { large: "svc5", small: "rare50" };

const EVENTS =
  "array['order sent','order acknowledged','order filled','position updated','heartbeat ok','book resync after gap','request completed','cache miss','connection reset by peer','timeout waiting for venue']";
const VENUES = "array['XNAS','BINANCE','KRAKEN','DERIBIT']";

/** As the writer would store them, but that the indexes are made when the lines are there. */
const fillDay = (child: string, fromUs: number, lines: number) => `
insert into ${child} (ts, cursor, symbol_id, ordinal, level, service, correlation_id, event, fields, words)
select ts, (extract(epoch from ts) * 1000000)::int8 + 500, y.id, 0, level, service, correlation, event,
  jsonb_build_object('order_id', 'o-' || number, 'latency_ms', ms, 'venue', venue, 'user', 'u' || client),
  array_to_tsvector(array['l=' || level, 's=' || service, 'y=' || y.symbol,
    'h=' || floor(extract(epoch from ts) / 3600), 'o', number::text, ms::text, lower(venue), 'u' || client]
    || string_to_array(event, ' '))
from (
  select ts, case when r1 < 0.8 then '_system' else 'SYM' || floor(r2 * 99) end as name,
    case when r3 < 0.0005 then 6 when r3 < 0.01 then 5 when r3 < 0.05 then 4 when r3 < 0.75 then 3 else 2 end as level,
    case when r4 < 0.9 then 'svc' || floor(r4 * 20) else 'rare' || floor((r4 - 0.9) * 2000) end as service,
    case when r5 < 0.6 then md5((at / 5)::text || '${child}') else '' end as correlation,
    (${EVENTS})[1 + floor(r6 * 10)] ||
      case when r7 < 0.001 then ' ${WORDS.rare}' when r7 < 0.006 then ' ${WORDS.some}' when r7 < 0.00602 then ' ${WORDS.needle}' else '' end as event,
    (${VENUES})[1 + floor(r8 * 4)] as venue, floor(r8 * 1000)::int as ms, floor(r9 * 5000)::int as client,
    floor(r2 * 1e9)::int8 as number
  from (
    select at, timestamptz '1970-01-01 00:00:00+00' + (${fromUs} + at * ${Math.floor(DAY_US / lines)}::int8) * interval '1 microsecond' as ts,
      random() r1, random() r2, random() r3, random() r4, random() r5, random() r6, random() r7, random() r8, random() r9
    from generate_series(0, ${lines - 1}) at) r) l
join symbols y on y.symbol = l.name`;

/** Fills the days before today. @returns how long the lines, and how long the index of words took, in seconds. */
export async function fillLines(
  db: Database,
  lines: number,
): Promise<{ lines: number; words: number }> {
  await db.query(
    "insert into symbols (symbol) select '_system' union all select 'SYM' || n from generate_series(0, 98) n on conflict do nothing",
    [],
  );
  const todayUs = Math.floor((Date.now() * 1_000) / DAY_US) * DAY_US;
  const took = { lines: 0, words: 0 };
  for (let day = DAYS; day >= 1; day -= 1) {
    const fromUs = todayUs - day * DAY_US;
    const [from, to] = [fromUs, fromUs + DAY_US].map((us) => new Date(us / 1_000).toISOString());
    const child = `log_lines_${from?.slice(0, 10).replaceAll("-", "")}`;
    await db.query(`drop table ${child}`, []);
    await db.query(`create table ${child} (like log_lines including defaults)`, []);
    let beganMs = performance.now();
    await db.query(fillDay(child, fromUs, Math.floor(lines / DAYS)), []);
    took.lines += (performance.now() - beganMs) / 1_000;
    beganMs = performance.now();
    await db.transaction(
      [
        "set local maintenance_work_mem = '512MB'",
        `create index on ${child} using gin (words)`,
        `alter table log_lines attach partition ${child} for values from ('${from}') to ('${to}')`,
      ].map((text) => ({ text, params: [] })),
    );
    took.words += (performance.now() - beganMs) / 1_000;
    await db.query(`vacuum analyze ${child}`, []);
    process.stderr.write(
      `   ${child}: ${took.lines.toFixed()} s lines, ${took.words.toFixed()} s indexes\n`,
    );
  }
  return took;
}
