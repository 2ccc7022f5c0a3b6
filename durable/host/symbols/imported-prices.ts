import type { ImportedPrice } from "../../../src/db/bars/read-imported-prices.ts";
import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** What is known is asked for again after so long: Postgres may be another one, or bars may have come another way. */
const GOOD_FOR_MS = 30_000;
/** Symbols of which it is remembered when bars were posted, those posted last. */
const MOST_POSTED = 10_000;
/** After a database that could not be asked. */
const ASK_AGAIN_MS = 1_000;

export interface ImportedPricesDeps {
  /** Of those symbols the ones that bars were posted for; rejects while Postgres cannot be read. */
  read(symbols: readonly SymbolName[]): Promise<ReadonlyMap<SymbolName, ImportedPrice>>;
  nowMs(): number;
  failed(error: unknown): void;
}

/**
 * The prices of symbols that nobody has pushed a trade of, but bars: one statement for all of them, and none for a while after it.
 */
export class ImportedPrices {
  readonly #deps: ImportedPricesDeps;
  /** Null: no bars were posted for it. */
  readonly #known = new Map<SymbolName, ImportedPrice | null>();
  /** Of these something was posted since the last look began. */
  readonly #news = new Set<SymbolName>();
  /** When bars were posted, the symbol posted last at the end. */
  readonly #postedAt = new Map<SymbolName, EpochUs>();
  #askAtMs = 0;
  #hasFailed = false;
  #asking: Promise<void> | null = null;

  constructor(deps: ImportedPricesDeps) {
    this.#deps = deps;
  }

  /** Bars of these were posted. */
  posted(symbols: readonly SymbolName[]): void {
    const nowUs = this.#deps.nowMs() * 1_000;
    for (const symbol of symbols) {
      this.#news.add(symbol);
      this.#known.delete(symbol);
      const before = this.#postedAt.get(symbol) ?? 0;
      this.#postedAt.delete(symbol);
      this.#postedAt.set(symbol, Math.max(nowUs, before + 1) as EpochUs);
    }
    for (const [oldest] of this.#postedAt) {
      if (this.#postedAt.size <= MOST_POSTED) break;
      this.#postedAt.delete(oldest);
    }
  }

  /** The lines with those prices, and when bars were posted. `complete` is false where some could not be had. */
  async fill(
    lines: readonly SymbolSummary[],
  ): Promise<{ lines: SymbolSummary[]; complete: boolean }> {
    const without = lines.filter(({ last }) => last === null).map(({ symbol }) => symbol);
    const isMissing = () => without.some((symbol) => !this.#known.has(symbol));
    const sinceMs = this.#askAtMs - this.#deps.nowMs();
    // More than that lies ahead where the clock was turned back.
    const isDue = sinceMs <= 0 || sinceMs > GOOD_FOR_MS;
    if (without.length > 0 && (isDue || (isMissing() && !this.#hasFailed))) {
      this.#asking ??= this.#ask(without).finally(() => {
        this.#asking = null;
      });
      await this.#asking;
    }
    return {
      lines: lines.map((line) => {
        const posted = this.#postedAt.get(line.symbol);
        const said = priced(line, this.#known.get(line.symbol) ?? null);
        return posted === undefined ? said : { ...said, bars_posted: posted };
      }),
      complete: !isMissing(),
    };
  }

  async #ask(symbols: readonly SymbolName[]): Promise<void> {
    const { read, nowMs, failed } = this.#deps;
    this.#news.clear();
    try {
      const found = await read(symbols);
      for (const symbol of symbols) {
        if (!this.#news.has(symbol)) this.#known.set(symbol, found.get(symbol) ?? null);
      }
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      failed(error);
    }
    this.#askAtMs = nowMs() + (this.#hasFailed ? ASK_AGAIN_MS : GOOD_FOR_MS);
  }
}

function priced(line: SymbolSummary, price: ImportedPrice | null): SymbolSummary {
  if (line.last !== null || price === null) return line;
  const { close: last, before, barUs, interval } = price;
  const said = { ...line, last, last_ts: barUs, last_interval: interval };
  const reason = before === null ? "no_base" : "base_not_positive";
  if (before === null || before <= 0) return { ...said, change: null, change_reason: reason };
  const { change_reason: _, ...rest } = said;
  return { ...rest, change: last / before - 1 };
}
