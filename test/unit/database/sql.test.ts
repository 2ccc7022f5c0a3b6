import { describe, expect, it } from "vitest";
import { float8s, int8s, rowsOf, texts } from "../../../src/db/driver/rows-of.ts";
import {
  identifier,
  identifiers,
  join,
  literal,
  NOTHING,
  param,
  raw,
  sql,
  statementOf,
} from "../../../src/db/driver/sql.ts";

describe("sql", () => {
  it("makes a parameter of every value, numbered as they come", () => {
    expect(statementOf(sql`select ${1}, ${"a"}, ${null}`)).toEqual({
      ...{ text: "select $1, $2, $3", params: [1, "a", null] },
    });
  });

  it("composes pieces, and numbers through all of them", () => {
    const inner = sql`b = ${2} and ${sql`c = ${3}`}`;
    expect(statementOf(sql`a = ${1} and ${inner} or d = ${4}`)).toEqual({
      ...{ text: "a = $1 and b = $2 and c = $3 or d = $4", params: [1, 2, 3, 4] },
    });
  });

  it("gives one value two parameters unless it is asked for one", () => {
    expect(statementOf(sql`${"x"} ${"x"}`)).toEqual({ text: "$1 $2", params: ["x", "x"] });
    const x = param("x");
    const twice = sql`${x} ${sql`(${x})`} ${"y"} ${x}`;
    expect(statementOf(twice)).toEqual({ text: "$1 ($1) $2 $1", params: ["x", "y"] });
    expect(statementOf(sql`${param(1)} ${param(1)}`)).toEqual({ text: "$1 $2", params: [1, 1] });
  });

  it("numbers anew in each statement, however often a piece is used", () => {
    const piece = sql`ts < ${param(5)}`;
    expect(statementOf(sql`a = ${1} and ${piece}`).text).toBe("a = $1 and ts < $2");
    expect(statementOf(piece)).toEqual({ text: "ts < $1", params: [5] });
  });

  it("lets no value into the text, whatever it looks like", () => {
    const hostile = "'; drop table points; --";
    expect(statementOf(sql`select ${hostile}`)).toEqual({ text: "select $1", params: [hostile] });
    for (const name of [hostile, "a b", 'a"', "A", "1m", "", "a.b.c", "a\n"]) {
      expect(() => identifier(name), name).toThrow("is no name of our SQL");
    }
    expect(() => literal(Number.NaN)).toThrow("is no number of SQL");
    expect(() => literal(Number.POSITIVE_INFINITY)).toThrow("is no number of SQL");
  });

  it("writes names, numbers and constants as they are", () => {
    const text = sql`${identifier("p.ts")} ${identifiers(["a", "bars_1m_live"])} ${literal(-1.5)} ${raw("'x'")}${NOTHING}`;
    expect(statementOf(text)).toEqual({ text: "p.ts a, bars_1m_live -1.5 'x'", params: [] });
  });

  it("joins pieces by commas, or by what it is told", () => {
    const pieces = [sql`a = ${1}`, sql`b`, sql`c = ${2}`];
    expect(statementOf(join(pieces))).toEqual({ text: "a = $1, b, c = $2", params: [1, 2] });
    expect(statementOf(join(pieces, sql` or `)).text).toBe("a = $1 or b or c = $2");
    expect(statementOf(join(pieces, sql` < ${9} or `))).toEqual({
      ...{ text: "a = $1 < $2 or b < $3 or c = $4", params: [1, 9, 9, 2] },
    });
    expect(statementOf(join([]))).toEqual({ text: "", params: [] });
  });

  it("makes a row source of arrays, one parameter each", () => {
    const rows = rowsOf("u", { ts_us: int8s([1, 2]), price: float8s([0.5, null]) }, "place");
    expect(statementOf(sql`select from ${rows} join ${rows}`)).toEqual({
      text: "select from unnest($1::int8[], $2::float8[]) with ordinality as u (ts_us, price, place) join unnest($1::int8[], $2::float8[]) with ordinality as u (ts_us, price, place)",
      params: ["{1,2}", "{0.5,NULL}"],
    });
    expect(statementOf(rowsOf("k", { name: texts(['a"']) })).text).toBe(
      "unnest($1::text[]) as k (name)",
    );
  });
});
