import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Registry } from "../registry.ts";
import type { Outbox } from "./outbox.ts";

/** Of what may wait for Postgres a symbol that is held back has this share at the most. */
const HELD_SHARE = 1 / 8;

/** Producers have to wait for Postgres: all, or those of a symbol that is held back. A limit of 0 is none. */
export function isFull(
  outbox: Pick<Outbox, "bytes" | "held">,
  registry: Pick<Registry, "find">,
  symbols: readonly SymbolName[],
  limitBytes: number,
): boolean {
  if (limitBytes === 0) return false;
  if (outbox.bytes >= limitBytes) return true;
  if (outbox.held.bytes === 0) return false;
  return symbols.some((symbol) => {
    const record = registry.find(symbol);
    const heldBytes = record === undefined ? 0 : (outbox.held.of(record.id)?.bytes ?? 0);
    return heldBytes >= limitBytes * HELD_SHARE;
  });
}
