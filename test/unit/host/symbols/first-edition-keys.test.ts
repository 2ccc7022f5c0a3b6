import { expect, it } from "vitest";
import { FirstEditionKeys } from "../../../../durable/host/symbols/first-edition-keys.ts";
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
  expect(keys.has(SYMBOL, { key: "b", fingerprint: "f" }, later(DAY_US + 10))).toBe("same");
  expect(rows()).toBe(2);

  const next = new FirstEditionKeys(sql);
  next.forgetOld(later(DAY_US + 11));
  expect(rows()).toBe(0);
  next.remember(SYMBOL, [keyAt("c", later(DAY_US))]);
  expect(next.has(SYMBOL, { key: "c", fingerprint: "other" }, later(DAY_US + 12))).toBe("other");
  next.forgetOld(later(DAY_US + 12));
  expect(rows()).toBe(1);
});
