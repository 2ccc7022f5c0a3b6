import { expect, it } from "vitest";
import { FirstEditionKeys } from "../../../../durable/host/symbols/earlier/first-edition-keys.ts";
import { DAY_US } from "../../../../src/core/time/duration.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { memorySql } from "../../room/sqlite-port.ts";

const SYMBOL = "BTC-USD" as SymbolName;
const NOW = 1_795_000_000_000_000 as EpochUs;
const later = (us: number) => (NOW + us) as EpochUs;

it("I-6 the keys of the first edition are good for a day, and then their table is dropped, also by a later life", () => {
  const sql = memorySql();
  const rows = () => [...sql.exec("SELECT key FROM first_edition_keys ORDER BY key")].length;
  const keyAt = (key: string, at: EpochUs) => ({ key, at, fingerprint: "f", cursor: 1 as Cursor });
  const keys = new FirstEditionKeys(sql);
  keys.forgetOld(NOW);
  keys.remember(SYMBOL, [keyAt("a", NOW)]);
  keys.forgetOld(later(5));
  keys.remember(SYMBOL, [keyAt("b", later(10))]);
  keys.forgetOld(later(DAY_US + 10));
  expect(keys.has(SYMBOL, { key: "b", fingerprint: "f" }, later(DAY_US + 10))).toEqual({
    cursor: 1,
  });
  expect(rows()).toBe(2);

  const next = new FirstEditionKeys(sql);
  next.forgetOld(later(DAY_US + 11));
  expect(rows()).toBe(0);
  next.remember(SYMBOL, [keyAt("c", later(DAY_US))]);
  expect(next.has(SYMBOL, { key: "c", fingerprint: "other" }, later(DAY_US + 12))).toBe("other");
  next.forgetOld(later(DAY_US + 12));
  expect(rows()).toBe(1);
});

it("I-6 of keys that the version before took over nobody knows where they are", () => {
  const sql = memorySql();
  sql.exec(
    "CREATE TABLE first_edition_keys (symbol TEXT, key TEXT, fingerprint TEXT, at INTEGER, PRIMARY KEY (symbol, key))",
  );
  sql.exec("INSERT INTO first_edition_keys VALUES (?, 'a', 'f', ?)", SYMBOL, NOW);
  const keys = new FirstEditionKeys(sql);
  keys.remember(SYMBOL, [{ key: "b", fingerprint: "f", at: NOW, cursor: 7 as Cursor }]);
  const has = (key: string) => keys.has(SYMBOL, { key, fingerprint: "f" }, NOW);
  expect([has("a"), has("b"), has("c")]).toEqual(["same", { cursor: 7 }, "no"]);
});
