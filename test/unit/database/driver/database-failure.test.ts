import { expect, it } from "vitest";
import {
  DatabaseError,
  failureOf,
  isCollision,
  isDiskFull,
  lineOf,
} from "../../../../src/db/driver/database-error.ts";

const coded = (code: string) => Object.assign(new Error("words"), { code });
const timeout = new DOMException("aborted", "TimeoutError");
// As the driver wraps what fetch throws.
const wrapped = (sourceError: Error) => Object.assign(new Error("connecting"), { sourceError });

it.each([
  ["no connection", wrapped(new TypeError("fetch failed")), "away"],
  ["a restart", coded("57P01"), "away"],
  ["no answer in time", wrapped(timeout), "timeout"],
  ["the same, not wrapped", timeout, "timeout"],
  ["a statement that took too long", coded("57014"), "timeout"],
  ["a full disk", coded("53100"), "exhausted"],
  ["too many connections", coded("53300"), "exhausted"],
  ["a deadlock", coded("40P01"), "contended"],
  ["a lock that is not to be had", coded("55P03"), "contended"],
  ["a missing table", coded("42P01"), "unprepared"],
  ["missing rights", coded("42501"), "unprepared"],
  ["a wrong password", coded("28P01"), "unprepared"],
  ["a database that is not there", coded("3D000"), "unprepared"],
])("L-9 %s is told as what it is", (_, cause, why) => {
  expect(failureOf(new DatabaseError(cause))).toMatchObject({ kind: "unavailable", why });
});

it("L-9 SQL that is wrong stays wrong, and its code is to be seen", () => {
  const error = new DatabaseError(coded("22P02"));
  expect(error.code).toBe("22P02");
  expect(failureOf(error)).toEqual({ kind: "refused", sqlstate: "22P02", detail: "words" });
});

it("the constraint that was in the way is to be seen, by which a run of migrations knows another", () => {
  const cause = Object.assign(coded("23505"), { constraint: "schema_migrations_pkey" });
  expect(new DatabaseError(cause).constraint).toBe("schema_migrations_pkey");
});

it.each([
  ["a bug", new TypeError("x is not a function")],
  // As structuredClone throws it: a code of its own is no SQLSTATE.
  ["an exception with a code", Object.assign(new Error("no clone"), { code: "23505" })],
  ["a full disk of the rooms", new Error("SQLITE_FULL: database or disk is full")],
  ["a text", "away"],
  ["nothing", undefined],
])("L-9 %s is no failure of the database, and a log has its stack", (_, error) => {
  expect(failureOf(error)).toBeNull();
  expect([isCollision(error), isDiskFull(error)]).toEqual([false, false]);
  const { level, fields } = lineOf(error);
  expect(level).toBe("error");
  expect(fields).toMatchObject({ kind: "broken", stack: (error as Error | undefined)?.stack });
});

it("a log warns of a database that is away, and has an error of one that refuses", () => {
  expect(lineOf(new DatabaseError(coded("57P01"))).level).toBe("warn");
  expect(lineOf(new DatabaseError(coded("22P02"))).level).toBe("error");
});
