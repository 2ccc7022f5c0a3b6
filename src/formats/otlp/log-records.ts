import type { AddressedEvent } from "../../core/events/encode-events.ts";
import { LogFields } from "../../core/logs/log-fields.ts";
import { levelOfNumber, levelOfWord } from "../../core/logs/log-level.ts";
import { readLogTime } from "../../core/logs/log-time.ts";
import { isSymbol, SYSTEM_SYMBOL } from "../../protocol/words/symbol.ts";
import { logEvent, readName } from "../logs/log-line.ts";
import type { PointTerms } from "../points/decoded-points.ts";
import { TooManyPoints } from "../points/points.ts";
import { Refused } from "../points/refused.ts";
import { type AnyValue, labelOf } from "./attributes.ts";
import { GroupCount } from "./envelope.ts";

export type ValueAttribute = readonly [name: string, value: AnyValue];

/** A log record as it was read, in whatever encoding it came. */
export interface LogRecord {
  /** Microseconds; 0 is not said. */
  timeUs: number;
  observedUs: number;
  severityNumber: number;
  severityText: string;
  body: AnyValue;
  attributes: readonly ValueAttribute[];
  /** In hexadecimal digits; empty where there is none. */
  traceId: string;
  spanId: string;
  eventName: string;
}

const NO_TRACE = /^0*$/;

/** Makes lines of the log records of a request (SPEC LG-9). */
export class LogRecords {
  readonly items: AddressedEvent[] = [];
  readonly refused = new Refused();
  readonly groups: GroupCount;
  readonly #terms: PointTerms;
  #service: string | undefined;
  #instance: AnyValue | undefined;
  #symbol = "";
  #scope = "";
  #seen = 0;
  #chars = 0;

  constructor(terms: PointTerms) {
    this.#terms = terms;
    this.groups = new GroupCount(terms.limits);
  }

  /** Whose records come next. */
  resource(attributes: readonly ValueAttribute[]): void {
    const said = new Map(attributes);
    this.#service = readName(textOf(said.get("service.name"))) ?? undefined;
    this.#instance = said.get("service.instance.id");
    this.#symbol = textOf(said.get(this.#terms.symbolLabel));
  }

  /** The logger of the records that come next. */
  scope(name: string): void {
    this.#scope = name;
  }

  add(record: LogRecord): void {
    this.#seen += 1;
    const { limits, mayWrite, nowUs } = this.#terms;
    if (limits.events > 0 && this.#seen > limits.events) throw new TooManyPoints();
    const fields = new LogFields();
    const level =
      levelOfNumber(record.severityNumber, "opentelemetry") ?? levelOfWord(record.severityText);
    if (record.severityText !== "" && record.severityText.toLowerCase() !== level) {
      fields.add("level", record.severityText);
    }
    let symbolText = this.#symbol;
    let correlation = NO_TRACE.test(record.traceId) ? undefined : record.traceId;
    for (const [name, value] of record.attributes) {
      if (name === this.#terms.symbolLabel) symbolText = labelOf(value);
      else if (name === "correlation_id" && correlation === undefined) {
        correlation = readName(labelOf(value)) ?? undefined;
      } else fields.add(name, value);
    }
    if (!NO_TRACE.test(record.spanId)) fields.add("span_id", record.spanId);
    if (this.#scope !== "") fields.add("scope", this.#scope);
    if (this.#instance !== undefined) fields.add("instance", this.#instance);
    const isText = typeof record.body === "string";
    const body = isText
      ? (record.body as string)
      : record.body === null
        ? ""
        : JSON.stringify(record.body);
    if (record.eventName !== "" && body !== "") fields.add("event_name", record.eventName);
    const symbol = isSymbol(symbolText) ? symbolText : SYSTEM_SYMBOL;
    if (symbolText !== "" && symbol !== symbolText) fields.add(this.#terms.symbolLabel, symbolText);
    if (!mayWrite(symbol)) {
      this.refused.add("is of a symbol that the token is not for", symbol);
      return;
    }
    const ts = readLogTime(record.timeUs, nowUs) ?? readLogTime(record.observedUs, nowUs) ?? nowUs;
    const event = logEvent({
      ...{ ts, level: level ?? "info", text: body === "" ? record.eventName : body },
      ...{ service: this.#service, correlation, fields },
    });
    this.#chars += event.event.length + fields.chars;
    if (limits.chars > 0 && this.#chars > limits.chars) throw new TooManyPoints();
    this.items.push({ symbol, event });
  }
}

function textOf(value: AnyValue | undefined): string {
  return labelOf(value ?? null);
}
