import type { ComponentName } from "./components.ts";

/** The family under which the reference shows a route. */
export type Family = "Push" | "Other formats" | "Read" | "Analytics" | "Live" | "Operate";

/** A route of the Worker as `/openapi.json` and `/docs` tell of it. What it takes and answers with are names of components. */
export interface DescribedRoute {
  method: "get" | "post" | "put" | "delete";
  /** As OpenAPI writes it: `/api/history/{symbol}`. */
  path: string;
  family: Family;
  /** What it does, in one line without a full stop. */
  summary: string;
  /** What the line leaves out: whole sentences. */
  detail?: string;
  /** What its token must allow; null: it asks for none. */
  scope: "read" | "write" | null;
  parameters?: readonly Parameter[];
  body?: Body;
  answers: Readonly<Record<string, Answer>>;
  /** How it refuses where not by a problem document. */
  refusal?: Answer;
  /** A request that works on a new server, once the examples of `Push` have been sent. */
  example?: Example;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: true;
  description: string;
  schema: ParameterSchema;
}

/** The part of JSON Schema that parameters need. */
export type ParameterSchema =
  | { type: "string"; enum?: readonly string[]; default?: string }
  | { type: "integer"; minimum: number; maximum: number; default?: number }
  | { type: "number" }
  | { $ref: string };

/** One media type and more that say the same. `items`: an object of this, an array of such, or NDJSON. */
export type Body =
  | { kind: "items"; of: ComponentName }
  | { kind: "object"; of: ComponentName; required: boolean }
  | { kind: "opaque"; contentTypes: readonly string[]; description: string };

export interface Answer {
  description: string;
  /** Absent: no body. `orAs`: the other media type that it may come as, of which nothing more is said. */
  content?: { type: string; of?: ComponentName; orAs?: string };
}

export interface Example {
  /** With its parameters: `/api/history/ACME?interval=1m`. */
  target: string;
  /** JSON, or the text itself with its type. */
  body?: { json: unknown } | { text: string; type: string };
}
