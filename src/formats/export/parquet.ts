import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Cells, Column } from "./columns.ts";

/** Of a page of values; a group has one or a few of a column. */
const PAGE_BYTES = 1_048_576;

/**
 * A Parquet file in parts: a row group a page of an export, so memory holds one, and what the end of the file says of those before:
 * some 100 bytes a column of each.
 */
export class ParquetParts {
  readonly #columns: readonly Column[];
  readonly #bytes = new ByteWriter();
  readonly #file: ParquetWriter;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#file = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: "root", num_children: columns.length }, ...columns.map(elementOf)],
      createdBy: "edgetape",
    });
  }

  /** The bytes of a row group, with what the file begins with before the first. */
  group(rows: readonly Cells[]): Uint8Array<ArrayBuffer> {
    this.#file.write({
      columnData: this.#columns.map(({ name, type }, at) => ({
        name,
        data: rows.map((cells) => physicalOf(type, cells[at])),
        // Bounds of a text of labels or levels help nobody.
        statistics: type !== "json",
      })),
      rowGroupSize: rows.length,
      pageSize: PAGE_BYTES,
    });
    return this.#taken();
  }

  /** The bytes of the end, which says where all is. */
  end(): Uint8Array<ArrayBuffer> {
    this.#file.finish();
    return this.#taken();
  }

  #taken(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#bytes.getBuffer());
    // Its offset goes on: it is the place in the file.
    this.#bytes.index = 0;
    return taken;
  }
}

function elementOf({ name, type, isOptional }: Column): SchemaElement {
  return { name, repetition_type: isOptional ? "OPTIONAL" : "REQUIRED", ...PHYSICAL[type] };
}

const PHYSICAL: Record<Column["type"], Omit<SchemaElement, "name">> = {
  time: {
    ...{ type: "INT64", converted_type: "TIMESTAMP_MICROS" },
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  number: { type: "DOUBLE" },
  integer: { type: "INT64" },
  flag: { type: "BOOLEAN" },
  json: { type: "BYTE_ARRAY", converted_type: "JSON" },
};

function physicalOf(type: Column["type"], value: unknown): unknown {
  if (value === undefined) return null;
  return type === "time" || type === "integer" ? BigInt(value as number | string) : value;
}
