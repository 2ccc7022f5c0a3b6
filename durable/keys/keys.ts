import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import type { KeyClaim, KeysCalls } from "../../src/bindings/keys.ts";
import type { IdempotentRequest } from "../../src/bindings/room.ts";
import { nowUs } from "../clock.ts";
import { claimKey, KeyLedger } from "./key-ledger.ts";

/**
 * The Durable Object of a part of all `Idempotency-Key`s. Rooms know what each of them has taken; that a key was used for
 * another symbol or on another route, only somebody beside them can know (INV-6).
 */
export class Keys extends DurableObject<Env> implements KeysCalls {
  readonly #ledger = new KeyLedger(this.ctx.storage.sql);

  claim(request: IdempotentRequest): KeyClaim {
    return claimKey(this.#ledger, request, nowUs());
  }
}
