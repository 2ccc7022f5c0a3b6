import type { Frame } from "../../data/bars/join.ts";
import type { Answer } from "../api.ts";
import { type FeedDeps, telling } from "../feed-deps.ts";
import { type Machine, run } from "../machine.ts";
import type { HeldEffect, HeldMessage, HeldState } from "./held-machine.ts";

/** Runs a machine of held events over the server's answers and the socket. */
export function openHeldFeed<Held, Value>(
  deps: FeedDeps,
  machine: Machine<HeldState<Held>, HeldMessage<Value>, HeldEffect>,
  initial: HeldState<Held>,
  ask: () => Promise<Answer<Value>>,
) {
  const feed = run(machine, initial, deps, {
    ...telling(deps),
    async ask({ id }) {
      feed.send({ type: "answered", id, answer: await ask() });
    },
  });
  return {
    held: () => feed.state().held,
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    close: feed.stop,
  };
}
