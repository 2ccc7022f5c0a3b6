import { readQueryTime } from "../../core/time/query-time.ts";
import { backtestPushSchema } from "../../protocol/answers/alerts.ts";
import { isSymbol, type SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { BacktestQuery } from "../../reads/alerts/backtest.ts";
import { readObject, unfit } from "../body/read-object.ts";
import type { AppContext } from "../context.ts";

/** Reads what `POST /api/alerts/backtest` is to run (SPEC AL-12). @throws Refusal where something of it is not right. */
export async function readBacktest(c: AppContext): Promise<BacktestQuery> {
  const nowUs = c.get("nowUs")();
  const { rule, symbols, from, to } = await readObject(c, backtestPushSchema);
  const time = (path: string, value: string | number): EpochUs => {
    const reading = readQueryTime(String(value), nowUs);
    if (reading.kind === "moment") return reading.us;
    throw unfit({ path, message: reading.message });
  };
  const fromUs = time("from", from);
  const toUs = Math.min(to === undefined ? nowUs : time("to", to), nowUs) as EpochUs;
  if (fromUs >= toUs) throw unfit({ path: "to", message: "must be later than from" });
  const one = rule.symbols;
  if (symbols === undefined && (one.includes("*") || !isSymbol(one))) {
    throw unfit({
      path: "symbols",
      message: "is missing: the rule has a pattern of symbols, so name those to run it over",
    });
  }
  return {
    rule: { ...rule, name: rule.name ?? "backtest" },
    ...{ symbols: [...new Set(symbols ?? [one as SymbolName])], fromUs, toUs },
  };
}
