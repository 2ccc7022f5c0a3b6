import type { SymbolName } from "../../protocol/words/symbol.ts";
import { joinSeriesKey, type SeriesName } from "./series-name.ts";

/** Names kept, some 500 bytes each. */
const MOST_NAMES = 30_000;
const ENCODER = new TextEncoder();
// A mark of byte order is a character of a name like any other.
const DECODER = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Ids of one database. */
interface Ids {
  seriesId(symbol: SymbolName, key: string): number | undefined;
}

/** The series of some points, with its id where that is known. */
export class KnownName implements SeriesName {
  readonly symbol: SymbolName;
  readonly metric: string;
  readonly labelsKey: string;
  readonly key: string;
  #id: { of: Ids; id: number } | null = null;

  constructor({ symbol, metric, labelsKey }: SeriesName) {
    this.symbol = symbol;
    this.metric = metric;
    this.labelsKey = labelsKey;
    this.key = joinSeriesKey(metric, labelsKey);
  }

  /** In the database of these ids; undefined where it is to be made. */
  idIn(ids: Ids): number | undefined {
    if (this.#id?.of === ids) return this.#id.id;
    const id = ids.seriesId(this.symbol, this.key);
    if (id !== undefined) this.#id = { of: ids, id };
    return id;
  }
}

/**
 * Series by the metric and the labels that they were spelled with. A Writer has the same ones in every batch: to put names and keys
 * together for each took as long as all the rest that is made of a point. Of one series there is one name, whatever its labels' order.
 */
export class KnownNames {
  readonly #canonical: (labels: string) => string;
  readonly #most: number;
  readonly #spelled = new Map<SymbolName, Map<string, Map<string, KnownName>>>();
  readonly #names = new Map<string, KnownName>();
  #count = 0;

  /** `canonical`: of labels as they were spelled. */
  constructor(canonical: (labels: string) => string, most = MOST_NAMES) {
    this.#canonical = canonical;
    this.#most = most;
  }

  /** What is full is emptied between two batches: within one a series has one name. */
  beginBatch(): void {
    if (this.#count < this.#most) return;
    this.#spelled.clear();
    this.#names.clear();
    this.#count = 0;
  }

  /** `labels`: JSON, "" where there are none. */
  find(symbol: SymbolName, metric: string, labels: string): KnownName {
    return this.#spelled.get(symbol)?.get(metric)?.get(labels) ?? this.#add(symbol, metric, labels);
  }

  #add(symbol: SymbolName, metric: string, labels: string): KnownName {
    // As with labels: a lone surrogate would stop the batch for good.
    const own = copyOf(metric);
    const made = new KnownName({ symbol, metric: own, labelsKey: this.#canonical(labels) });
    const fullKey = `${symbol}\u0000${made.key}`;
    const name = this.#names.get(fullKey) ?? made;
    this.#names.set(fullKey, name);
    const ofMetric = inner(inner(this.#spelled, symbol), own);
    ofMetric.set(copyOf(labels), name);
    this.#count += 1;
    return name;
  }
}

/** The same text, well-formed, and no slice of a frame that would be kept with it. */
function copyOf(text: string): string {
  return DECODER.decode(ENCODER.encode(text));
}

function inner<Key, Of, Value>(maps: Map<Key, Map<Of, Value>>, key: Key): Map<Of, Value> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
