import * as z from "zod";
import {
  CONNECTION_USES,
  type ConnectionUse,
  type IsolationLevel,
  type PostgresErrorFields,
  type Statement,
  type StatementResult,
  type TextValue,
  type TransactionOptions,
} from "./backend.ts";

/** What a request of the Neon driver asks for. */
export type NeonRequest =
  | { kind: "single"; statement: Statement }
  | { kind: "batch"; statements: Statement[]; options: TransactionOptions };

export type NeonRequestAnswer = NeonRequest | { kind: "invalid"; message: string };

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

// Neon turns JSON scalars into the text that Postgres would read; the driver itself sends strings and nulls.
const paramSchema = z
  .union([z.string(), z.number(), z.boolean(), z.null()], {
    error: "a parameter must be text, a number, a boolean or null",
  })
  .transform((value): TextValue => (value === null ? null : String(value)));
const statementSchema = z
  .object({
    query: z.string({ error: "query must be text" }),
    params: z.array(paramSchema).default([]),
  })
  .transform(({ query, params }): Statement => ({ text: query, params }));
const batchSchema = z.object({ queries: z.array(statementSchema) });

const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  "ReadUncommitted",
  "ReadCommitted",
  "RepeatableRead",
  "Serializable",
];

/**
 * Reads one request of Neon's SQL over HTTP, as its driver sends it: text in arrays. The other two answer forms that
 * Neon offers (converted values, rows as objects) are refused, because no driver asks for them.
 */
export function readRequest(headers: RequestHeaders, body: unknown): NeonRequestAnswer {
  if (headers["neon-raw-text-output"] !== "true" || headers["neon-array-mode"] !== "true") {
    return invalid("this endpoint needs Neon-Raw-Text-Output: true and Neon-Array-Mode: true");
  }
  if (typeof body === "object" && body !== null && "queries" in body) {
    const level = headers["neon-batch-isolation-level"];
    const isolationLevel = ISOLATION_LEVELS.find((known) => known === level);
    if (level !== undefined && isolationLevel === undefined) {
      return invalid("invalid isolation level");
    }
    const parsed = batchSchema.safeParse(body);
    if (!parsed.success) return invalid(describe(parsed.error));
    return {
      kind: "batch",
      statements: parsed.data.queries,
      options: {
        ...(isolationLevel === undefined ? {} : { isolationLevel }),
        readOnly: headers["neon-batch-read-only"] === "true",
        deferrable: headers["neon-batch-deferrable"] === "true",
      },
    };
  }
  const parsed = statementSchema.safeParse(body);
  if (!parsed.success) return invalid(describe(parsed.error));
  return { kind: "single", statement: parsed.data };
}

/** Password of the connection string in `Neon-Connection-String`; undefined where there is none. */
export function presentedSecret(headers: RequestHeaders): string | undefined {
  const url = headers["neon-connection-string"];
  if (typeof url !== "string" || !URL.canParse(url)) return undefined;
  try {
    return decodeURIComponent(new URL(url).password);
  } catch {
    return undefined;
  }
}

/**
 * What the client says the connection is for: `application_name=edgetape-writer` in its connection string, a parameter
 * that any Postgres takes. Who says nothing reads.
 */
export function presentedUse(headers: RequestHeaders): ConnectionUse {
  const url = headers["neon-connection-string"];
  if (typeof url !== "string" || !URL.canParse(url)) return "reader";
  const name = new URL(url).searchParams.get("application_name");
  return CONNECTION_USES.find((use) => name === `edgetape-${use}`) ?? "reader";
}

export function encodeResult(result: StatementResult): string {
  return JSON.stringify(resultBody(result));
}

export function encodeResults(results: readonly StatementResult[]): string {
  return JSON.stringify({ results: results.map(resultBody) });
}

function resultBody(result: StatementResult) {
  return {
    fields: result.fields.map((field) => ({ ...field, format: "text" })),
    rows: result.rows,
    command: result.command,
    rowCount: result.rowCount,
    rowAsArray: true,
  };
}

/** Every field of an error is there, null where Postgres did not send it. */
export function encodeError(fields: PostgresErrorFields): string {
  const { message, severity, code, detail, hint, position, internalPosition, internalQuery } =
    fields;
  const { where, schema, table, column, dataType, constraint, file, line, routine } = fields;
  const all = {
    ...{ message, code, detail, hint, position, internalPosition, internalQuery, severity },
    ...{ where, table, column, schema, dataType, constraint, file, line, routine },
  };
  return JSON.stringify(all, (_key, value) => value ?? null);
}

function invalid(message: string): NeonRequestAnswer {
  return { kind: "invalid", message };
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined
    ? "not a request of the Neon driver"
    : `${issue.path.join(".")}: ${issue.message}`;
}
