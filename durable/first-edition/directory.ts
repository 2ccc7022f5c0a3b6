import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import type { FirstDirectoryCalls } from "../../src/bindings/first-edition.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { namesAfter } from "./names-after.ts";

/** The directory of the first edition: it only lists its names, and nobody tells it any. */
export class Directory extends DurableObject<Env> implements FirstDirectoryCalls {
  namesAfter(name: SymbolName | "", most: number): SymbolName[] {
    return namesAfter(this.ctx.storage.sql, name, most);
  }
}
