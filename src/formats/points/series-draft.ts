import { type Labels, Series } from "../../core/events/series.ts";
import { MAX_LABELS, MAX_SERIES_BYTES, seriesBytes } from "../../protocol/events/event.ts";
import { MAX_NAME_LENGTH } from "../../protocol/words/name.ts";
import { SYSTEM_SYMBOL, type SymbolName, symbolFault } from "../../protocol/words/symbol.ts";
import type { Word } from "../wire/words.ts";

export interface SeriesTerms {
  /** The label whose value names the room, and which the series then does not have. */
  symbolLabel: string;
  /** May the sender write to it? */
  mayWrite: (symbol: SymbolName) => boolean;
}

/** JSON makes at most six bytes of a UTF-16 unit, and six characters stand around a label. */
const MOST_BYTES_A_CHAR = 6;
const LABEL_CHARS = 6;
const NAME_RULE = `empty, longer than ${MAX_NAME_LENGTH} characters, or with a NUL`;

/** Puts one series after another together from its labels as they are read. */
export class SeriesDraft {
  readonly #terms: SeriesTerms;
  /** What was said of each symbol: its name, or why it is none. */
  readonly #symbols = new Map<string, { symbol: SymbolName } | { fault: string }>();
  #metric = "";
  #labels: Labels = {};
  /** Names of the labels: of some ten texts one is found sooner than in an object. */
  readonly #names: string[] = [];
  #chars = 0;
  #symbol = "";
  #fault: string | null = null;

  constructor(terms: SeriesTerms) {
    this.#terms = terms;
  }

  /** What the one at hand is called in words. */
  get metric(): string {
    return this.#metric;
  }

  begin(): void {
    this.#metric = "";
    this.#labels = {};
    this.#names.length = 0;
    this.#chars = 0;
    this.#symbol = "";
    this.#fault = null;
  }

  name({ text, isName }: Word): void {
    if (this.#metric !== "") this.#fault ??= `has a name twice: ${JSON.stringify(text)}`;
    this.#metric = text;
    this.#chars += text.length;
    if (!isName) this.#fault ??= `has a name that is ${NAME_RULE}`;
  }

  /** A label without a value is as good as none. */
  label(name: Word, value: Word): void {
    if (value.text === "") return;
    if (this.#has(name.text)) this.#fault ??= `has a label twice: ${JSON.stringify(name.text)}`;
    else this.#add(name, value);
  }

  /** Where there is no label of that name, this is it. */
  fallback(name: Word, value: Word): void {
    if (value.text !== "" && !this.#has(name.text)) this.#add(name, value);
  }

  /** The series, or why it cannot be one (SPEC I-3, C-5). */
  finish(): Series | string {
    if (this.#metric === "") this.#fault ??= "has no name";
    if (this.#fault !== null) return this.#fault;
    const found = this.#findSymbol(this.#symbol);
    if ("fault" in found) return found.fault;
    const labels = this.#names.length > 0 ? this.#labels : undefined;
    const series = new Series(found.symbol, this.#metric, labels, this.#chars);
    return sizeFault(series) ?? series;
  }

  /** Why a series that was good before is none of this sender's. */
  refusalOf({ symbol, metric }: Series): string | null {
    const found = this.#findSymbol(symbol);
    if (!("fault" in found)) return null;
    this.#metric = metric;
    return found.fault;
  }

  #has(name: string): boolean {
    if (name === this.#terms.symbolLabel) return this.#symbol !== "";
    return this.#names.includes(name);
  }

  #add(name: Word, value: Word): void {
    if (name.text === this.#terms.symbolLabel) {
      this.#symbol = value.text;
      return;
    }
    if (!name.isName || name.text === "__proto__") {
      this.#fault ??= `has a label whose name is __proto__, ${NAME_RULE}`;
      return;
    }
    if (!value.isName) {
      this.#fault ??= `has a label whose value is ${NAME_RULE}`;
      return;
    }
    if (this.#names.length === MAX_LABELS) {
      this.#fault ??= `has more than ${MAX_LABELS} labels`;
      return;
    }
    this.#names.push(name.text);
    this.#labels[name.text] = value.text;
    this.#chars += name.text.length + value.text.length + LABEL_CHARS;
  }

  #findSymbol(text: string): { symbol: SymbolName } | { fault: string } {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    const found = this.#judge(text === "" ? SYSTEM_SYMBOL : text);
    this.#symbols.set(text, found);
    return found;
  }

  #judge(text: string): { symbol: SymbolName } | { fault: string } {
    const fault = symbolFault(text);
    if (fault !== null) return { fault: `has a label ${this.#terms.symbolLabel} that ${fault}` };
    const symbol = text as SymbolName;
    const isCovered = this.#terms.mayWrite(symbol);
    return isCovered ? { symbol } : { fault: `is of ${symbol}, which the token is not for` };
  }
}

function sizeFault({ metric, labels, chars }: Series): string | null {
  if (chars * MOST_BYTES_A_CHAR <= MAX_SERIES_BYTES) return null;
  if (seriesBytes({ metric, labels }) <= MAX_SERIES_BYTES) return null;
  return `is too long: name and labels together may have ${MAX_SERIES_BYTES} bytes as JSON`;
}

/** The series of a part of a histogram or a summary: the name with an ending, and a label more. Or why there can be none. */
export function partOf(
  series: Series,
  ending: string,
  label?: [name: string, value: string],
): Series | string {
  const metric = `${series.metric}${ending}`;
  if (metric.length > MAX_NAME_LENGTH)
    return `has a name longer than ${MAX_NAME_LENGTH} characters with ${ending}`;
  const { symbol } = series;
  if (label === undefined) {
    return new Series(symbol, metric, series.labels, series.chars + ending.length);
  }
  const [name, value] = label;
  if (series.labels !== undefined && Object.hasOwn(series.labels, name)) {
    return `has a label ${name} of its own, which its parts are told apart by`;
  }
  const labels = { ...series.labels, [name]: value };
  if (Object.keys(labels).length > MAX_LABELS)
    return `has more than ${MAX_LABELS} labels with ${name}`;
  const chars = series.chars + ending.length + name.length + value.length + LABEL_CHARS;
  const part = new Series(symbol, metric, labels, chars);
  return sizeFault(part) ?? part;
}
