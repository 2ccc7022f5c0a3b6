import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import type { FirstRoomCalls, RememberedKey } from "../../src/bindings/first-edition.ts";
import type { HandedOver } from "../../src/bindings/host.ts";

/** A room of the first edition. */
export class Room extends DurableObject<Env> implements FirstRoomCalls {
  async handOver(): Promise<HandedOver> {
    return { kind: "not_yet" };
  }
  keysAfter(): RememberedKey[] {
    return [];
  }
  async letGo(): Promise<void> {}
}
