import { Rooms } from "../../bindings/rooms.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { knownSymbolsOf } from "../../reads/rooms/known-symbols.ts";
import { coverSymbols } from "../access/authorize.ts";
import type { AppContext } from "../context.ts";
import { takeHostsOf } from "../limits/descriptors.ts";
import { notKnownYet, unknownSymbols } from "../problems/symbol-refusals.ts";

/**
 * Says whether a request may read these symbols, before their rooms are asked for anything.
 *
 * @throws Refusal where the token is not for one of them, their hosts cannot be open, or nobody has pushed one of them.
 */
export async function admitRead(c: AppContext, symbols: readonly SymbolName[]): Promise<void> {
  coverSymbols(c, symbols);
  await takeHostsOf(c, symbols, "read");
  const acquaintance = await knownSymbolsOf(c.env).meet(new Rooms(c.env), symbols);
  switch (acquaintance.kind) {
    case "known":
      return;
    case "unknown":
      throw unknownSymbols(acquaintance.symbols);
    case "unsure":
      throw notKnownYet(acquaintance.symbols);
    default:
      acquaintance satisfies never;
  }
}
