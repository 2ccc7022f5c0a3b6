import type { MessageRate } from "../messages/client-message.ts";

/** The sockets of each viewer in a room, and the messages that they send together (SPEC L-5, L-6). */
export class Holders {
  readonly #known = new Map<string, { messages: MessageRate; sockets: number }>();

  /** A socket more; a holder whose key is null has this one alone. Gives the count that its messages go to. */
  enter(key: string | null, nowMs: number): MessageRate {
    const fresh = { messages: { windowStartMs: nowMs, count: 0 }, sockets: 0 };
    if (key === null) return fresh.messages;
    const holder = this.#known.get(key) ?? fresh;
    holder.sockets += 1;
    this.#known.set(key, holder);
    return holder.messages;
  }

  leave(key: string | null): void {
    const holder = key === null ? undefined : this.#known.get(key);
    if (key === null || holder === undefined) return;
    holder.sockets -= 1;
    if (holder.sockets === 0) this.#known.delete(key);
  }

  socketsOf(key: string | null): number {
    return key === null ? 0 : (this.#known.get(key)?.sockets ?? 0);
  }
}
