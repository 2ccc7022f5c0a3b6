import * as z from "zod";
import { eventSchema, type TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";

/** A column of an exported table. `json`: what is no plain value, such as labels or the levels of a book. */
export interface Column {
  name: string;
  type: "time" | "text" | "number" | "integer" | "flag" | "json";
  /** Whether rows may be without a value. */
  isOptional: boolean;
}

/** An event in the order of its columns; undefined where it has no value. */
export type Cells = readonly unknown[];

/** Those that every kind has, in front of its own. */
const EVERYWHERE: readonly Column[] = [
  { name: "ts", type: "time", isOptional: false },
  { name: "symbol", type: "text", isOptional: false },
];

/** Whole numbers that are text on the wire where a number of JSON would lose digits (SPEC I-19). */
const INTEGERS: ReadonlySet<string> = new Set(["seq"]);

/** The columns of a kind, as its schema on the wire has its fields. */
export function columnsOf(kind: TapeEvent["kind"]): readonly Column[] {
  const schema = eventSchema.options.find(({ shape }) => shape.kind.value === kind);
  if (schema === undefined) throw new Error(`no event is of the kind ${kind}`);
  const own = Object.entries(schema.shape as Record<string, z.ZodType>)
    .filter(([name]) => name !== "kind" && name !== "ts")
    .map(([name, field]): Column => {
      const isOptional = field instanceof z.ZodOptional;
      return { name, type: typeOf(name, isOptional ? field.unwrap() : field), isOptional };
    });
  return [...EVERYWHERE, ...own];
}

function typeOf(name: string, field: unknown): Column["type"] {
  if (INTEGERS.has(name)) return "integer";
  if (field instanceof z.ZodNumber) return "number";
  if (field instanceof z.ZodString || field instanceof z.ZodEnum) return "text";
  return field instanceof z.ZodLiteral ? "flag" : "json";
}

export function cellsOf(columns: readonly Column[], symbol: SymbolName, event: TapeEvent): Cells {
  const fields = event as unknown as Record<string, unknown>;
  return columns.map(({ name }) => (name === "symbol" ? symbol : fields[name]));
}
