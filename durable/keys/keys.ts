import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import type { IdempotentRequest, KeyClaim } from "../../src/bindings/host.ts";
import type { KeysCalls } from "../../src/bindings/keys.ts";
import { nowUs } from "../../src/core/time/wall-clock.ts";
import { KeyLedger } from "./key-ledger.ts";

/** As much as the body of a request may have. */
const TRIAL_BYTES = 1024 * 1024;

/**
 * The Durable Object of a part of all `Idempotency-Key`s, where symbols are on several hosts. Hosts know what each of them has
 * taken; that a key was used on another, only somebody beside them can know (INV-6).
 */
export class Keys extends DurableObject<Env> implements KeysCalls {
  readonly #ledger = new KeyLedger(this.ctx.storage.sql);

  claim(request: IdempotentRequest): KeyClaim {
    return this.#ledger.claim(request, nowUs());
  }

  /** Rejects where the disk is full, and this object then begins anew. */
  async canWrite(): Promise<boolean> {
    const { storage } = this.ctx;
    storage.sql.exec("CREATE TABLE IF NOT EXISTS ballast (bytes BLOB NOT NULL)");
    storage.sql.exec("INSERT INTO ballast (bytes) VALUES (zeroblob(?))", TRIAL_BYTES);
    await storage.sync();
    // Not a DELETE: the file would keep its size, and the next trial find room in it.
    await storage.deleteAll();
    return true;
  }
}
