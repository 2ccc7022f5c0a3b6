import { objectFailureOf } from "../core/limits/object-failure.ts";
import type { Env } from "./env.ts";
import type { DoorBinding } from "./runtime-door.ts";

/** Another runtime of the machine, as this one sees it. */
interface Peer {
  /** It is being replaced: until then nothing is asked of it, in ms of the clock. */
  awayUntilMs: number;
  /** Calls under way that may change something. */
  changes: number;
}

/** A runtime is replaced in a second; should its supervisor never say so, it is asked again after so long. In ms. */
const LONGEST_AWAY_MS = 20_000;
const LOOK_AGAIN_MS = 10;

/** By number; one an isolate, which on one machine is all of a runtime. */
const peers = new Map<number, Peer>();

function peerOf(number: number): Peer {
  let peer = peers.get(number);
  if (peer === undefined) {
    peer = { awayUntilMs: 0, changes: 0 };
    peers.set(number, peer);
  }
  return peer;
}

/** `repeatable change`: done twice it is as good as done once. */
export type AskKind = "read" | "change" | "repeatable change";

/**
 * Asks another runtime, or waits where it is being replaced. What changes nothing there, or may be done twice, is asked once more
 * where the runtime died under it; who asks for another change hears of that, for nobody knows how far it came.
 */
export async function askPeer<Answer>(
  env: Env,
  number: number,
  kind: AskKind,
  ask: (door: DoorBinding) => Promise<Answer>,
): Promise<Answer> {
  const peer = peerOf(number);
  const door = env[`RUNTIME_${number}`];
  if (door === undefined) throw new Error(`no way to runtime ${number}`);
  for (let isFirst = true; ; isFirst = false) {
    while (peer.awayUntilMs > Date.now()) await wait(LOOK_AGAIN_MS);
    if (kind !== "read") peer.changes += 1;
    try {
      return await ask(door);
    } catch (error) {
      if (!isFirst || kind === "change" || objectFailureOf(error) !== "reset") throw error;
    } finally {
      if (kind !== "read") peer.changes -= 1;
    }
  }
}

/** A runtime is about to be replaced. Resolves when nothing is under way to it that may change something, or after `mostMs`. */
export async function peerGoes(number: number, mostMs: number): Promise<void> {
  const peer = peerOf(number);
  const startMs = Date.now();
  peer.awayUntilMs = startMs + LONGEST_AWAY_MS;
  while (peer.changes > 0 && Date.now() - startMs < mostMs) await wait(LOOK_AGAIN_MS);
}

/** It has been replaced. */
export function peerIsBack(number: number): void {
  peerOf(number).awayUntilMs = 0;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
