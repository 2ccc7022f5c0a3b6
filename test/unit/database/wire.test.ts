import { describe, expect, it } from "vitest";
import { PostgresError } from "../../../dev/database/backend.ts";
import { executeMessages, parseMessage, readAnswer } from "../../../dev/database/wire.ts";

const cString = (text: string) => Buffer.from(`${text}\0`);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int16 = (value: number) => int32(value).subarray(2);
const message = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
const ready = (status: string) => message("Z", Buffer.from(status));
const value = (text: string) => Buffer.concat([int32(Buffer.byteLength(text)), Buffer.from(text)]);

describe("the wire protocol", () => {
  it("writes Parse, Bind, Describe and Execute byte by byte", () => {
    expect(parseMessage("n", "select $1")).toEqual(
      message("P", cString("n"), cString("select $1"), int16(0)),
    );
    const values = [value("ü"), int32(-1), value("")];
    expect(executeMessages("n", ["ü", null, ""])).toEqual(
      Buffer.concat([
        message("B", cString(""), cString("n"), int16(0), int16(3), ...values, int16(0)),
        message("D", Buffer.from("P"), cString("")),
        message("E", cString(""), int32(0)),
      ]),
    );
  });

  it("reads fields, rows and the command tag, and skips what it does not need", () => {
    const field = [int32(70_000), int16(2), int32(25), int16(-1), int32(-1), int16(0)];
    const bytes = Buffer.concat([
      message("1"),
      message("2"),
      message("T", int16(1), cString("a"), ...field),
      message("N", cString("")),
      message("D", int16(1), value("\ufeffx")),
      message("D", int16(1), int32(-1)),
      message("C", cString("INSERT 0 12")),
      ready("I"),
    ]);
    expect(readAnswer(bytes)).toEqual({
      result: {
        fields: [
          {
            ...{ name: "a", tableID: 70_000, columnID: 2, dataTypeID: 25 },
            ...{ dataTypeSize: -1, dataTypeModifier: -1 },
          },
        ],
        rows: [["\ufeffx"], [null]],
        command: "INSERT",
        rowCount: 12,
      },
      isInTransaction: false,
    });
  });

  it("reads the first error, and the state of the transaction", () => {
    const error = (code: string) =>
      message("E", cString(`C${code}`), cString("Mno"), cString("?unknown"), Buffer.from([0]));
    const answer = readAnswer(Buffer.concat([error("23505"), error("25P02"), ready("E")]));
    expect(answer.result).toBeInstanceOf(PostgresError);
    expect(answer.result).toMatchObject({ fields: { code: "23505", message: "no" } });
    expect(answer.isInTransaction).toBe(true);
  });

  it("takes silence for no success", () => {
    expect(readAnswer(Buffer.alloc(0)).result).toBeUndefined();
    expect(readAnswer(ready("I")).result).toBeUndefined();
    expect(readAnswer(message("C", cString("INSERT 0 1"))).result).toBeUndefined();
  });
});
