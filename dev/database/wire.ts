import {
  PostgresError,
  type PostgresErrorFields,
  parseCommandTag,
  type ResultField,
  type StatementResult,
  type TextValue,
} from "./backend.ts";

// The wire protocol, as far as one statement with text on both sides needs it
// (https://www.postgresql.org/docs/current/protocol-message-formats.html). PGlite has a serializer and a parser of its own:
// the one counts the bytes of a text one by one, where parameters here are columns of thousands of rows, and the other
// loses a U+FEFF at the beginning of a value.

/** `Parse`: prepares `text` under `name`, with types as Postgres infers them. */
export function parseMessage(name: string, text: string): Buffer {
  return message("P", [cString(name), cString(text), int16(0)]);
}

/** `Bind` of a prepared statement, `Describe` and `Execute` of its result. */
export function executeMessages(name: string, params: readonly TextValue[]): Buffer {
  const values = params.flatMap((value) => {
    if (value === null) return [int32(-1)];
    const bytes = Buffer.from(value);
    return [int32(bytes.length), bytes];
  });
  // No formats are given, for parameters and results alike: text.
  const bind = [cString(""), cString(name), int16(0), int16(params.length), ...values, int16(0)];
  return Buffer.concat([
    message("B", bind),
    message("D", [Buffer.from("P"), cString("")]),
    message("E", [cString(""), int32(0)]),
  ]);
}

/** `Close` of a prepared statement; of one that does not exist too. */
export function closeMessage(name: string): Buffer {
  return message("C", [Buffer.from("S"), cString(name)]);
}

export function syncMessage(): Buffer {
  return message("S", []);
}

export interface WireAnswer {
  /** Undefined where the server has not said that the statement ended: it has died in the middle. */
  result: StatementResult | PostgresError | undefined;
  /** After the statement the session stands in a transaction, whole or failed. */
  isInTransaction: boolean;
}

/** Reads all that the server says up to and with `ReadyForQuery`. */
export function readAnswer(bytes: Buffer): WireAnswer {
  let fields: ResultField[] = [];
  const rows: TextValue[][] = [];
  let tag: string | undefined;
  let error: PostgresError | undefined;
  let isInTransaction = false;
  let isReady = false;
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const body = at + 5;
    switch (bytes[at]) {
      case CODE.rowDescription:
        fields = readFields(bytes, body);
        break;
      case CODE.dataRow:
        rows.push(readRow(bytes, body));
        break;
      case CODE.commandComplete:
        tag = bytes.toString("utf8", body, end - 1);
        break;
      case CODE.emptyQuery:
      case CODE.closeComplete:
        tag ??= "";
        break;
      case CODE.errorResponse:
        // The first is the cause; those after it are of what was skipped.
        error ??= new PostgresError(readError(bytes, body, end));
        break;
      case CODE.readyForQuery:
        isReady = true;
        isInTransaction = bytes[body] !== CODE.idle;
        break;
    }
    at = end;
  }
  if (!isReady) return { result: undefined, isInTransaction };
  const result = tag === undefined ? undefined : { fields, rows, ...parseCommandTag(tag) };
  return { result: error ?? result, isInTransaction };
}

const CODE = {
  rowDescription: code("T"),
  dataRow: code("D"),
  commandComplete: code("C"),
  emptyQuery: code("I"),
  closeComplete: code("3"),
  errorResponse: code("E"),
  readyForQuery: code("Z"),
  idle: code("I"),
};

function readFields(bytes: Buffer, body: number): ResultField[] {
  const count = bytes.readInt16BE(body);
  const fields: ResultField[] = [];
  let at = body + 2;
  for (let i = 0; i < count; i += 1) {
    const nameEnd = bytes.indexOf(0, at);
    const name = bytes.toString("utf8", at, nameEnd);
    at = nameEnd + 1;
    fields.push({
      name,
      tableID: bytes.readUInt32BE(at),
      columnID: bytes.readInt16BE(at + 4),
      dataTypeID: bytes.readUInt32BE(at + 6),
      dataTypeSize: bytes.readInt16BE(at + 10),
      dataTypeModifier: bytes.readInt32BE(at + 12),
    });
    // The last two bytes are the format, which is text.
    at += 18;
  }
  return fields;
}

function readRow(bytes: Buffer, body: number): TextValue[] {
  const count = bytes.readInt16BE(body);
  const row: TextValue[] = [];
  let at = body + 2;
  for (let i = 0; i < count; i += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length === -1) {
      row.push(null);
    } else {
      row.push(bytes.toString("utf8", at, at + length));
      at += length;
    }
  }
  return row;
}

/** https://www.postgresql.org/docs/current/protocol-error-fields.html */
const ERROR_FIELDS: Readonly<Record<string, keyof PostgresErrorFields>> = {
  ...{ S: "severity", C: "code", M: "message", D: "detail", H: "hint", P: "position" },
  ...{ p: "internalPosition", q: "internalQuery", W: "where", s: "schema", t: "table" },
  ...{ c: "column", d: "dataType", n: "constraint", F: "file", L: "line", R: "routine" },
};

function readError(bytes: Buffer, body: number, end: number): PostgresErrorFields {
  const fields: PostgresErrorFields = { message: "" };
  for (let at = body; at < end && bytes[at] !== 0; ) {
    const valueEnd = bytes.indexOf(0, at + 1);
    const name = ERROR_FIELDS[String.fromCharCode(bytes[at] ?? 0)];
    if (name !== undefined) fields[name] = bytes.toString("utf8", at + 1, valueEnd);
    at = valueEnd + 1;
  }
  return fields;
}

function message(type: string, parts: readonly Buffer[]): Buffer {
  const bytes = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type), int32(bytes), ...parts]);
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  // Counts go up to 65,535, so the sign bit is one of the number.
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function code(letter: string): number {
  return letter.charCodeAt(0);
}
