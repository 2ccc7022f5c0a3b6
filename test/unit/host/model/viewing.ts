import { expect } from "vitest";
import type { JoinRequest } from "../../../../src/bindings/host.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { settle } from "../../room/fake-time.ts";
import type { ModelHosts } from "./hosts.ts";
import { ModelViewer } from "./viewer.ts";

/** A viewer comes, from now on or with a cursor. */
export async function connect(
  hosts: ModelHosts,
  symbol: SymbolName,
  { cursor: since, log }: { cursor: Cursor | null; log: LogId | null },
  acksWhenDue: boolean,
): Promise<void> {
  const seat = hosts.nextSeat(symbol);
  if (seat.stream != null) {
    await seat.stream.subscribe(symbol, { since, log });
    return;
  }
  const { core } = hosts.objectOf(seat);
  const isRelayed = seat.relay !== null;
  const room = hosts.room(symbol);
  const { told, tape } = room;
  const request: JoinRequest = {
    ...{ symbol, since, log, viewerKey: null, expiresAtMs: null },
    ...{ namesProtocol: false, correlationId: "model" },
  };
  const join = core.join(request, () => {
    // A host that has no frame of the room since it came back has told of a head that nobody hands over.
    const mayReset = !room.hadFramesIn(log) || (since ?? 0) > tape.head;
    const deps = { tape, nowMs: hosts.time.nowMs, told, mayReset, mayLag: isRelayed };
    const viewer = new ModelViewer(deps, since);
    hosts.seats.take(viewer, seat);
    if (!acksWhenDue) hosts.seats.lazy.add(viewer);
    return viewer;
  });
  const { mayNotKnow } = hosts;
  const refusal = await hosts.until(join);
  const isSure = !mayNotKnow && !isRelayed;
  if (refusal !== null) expect([refusal.reason, isSure]).toEqual(["not_known_yet", false]);
  await hosts.acknowledgeWhatIsDue();
}

/** A viewer comes back with what it knows. */
export async function reconnect(hosts: ModelHosts, index: number): Promise<void> {
  const viewer = hosts.seats.viewer(index);
  if (viewer === undefined) return;
  if (viewer.state !== "closed") await leave(hosts, index);
  await connect(hosts, hosts.seats.of(viewer).symbol, viewer, !hosts.seats.lazy.has(viewer));
}

/** An ack of anything from nothing to all that the viewer has. */
export async function acknowledge(hosts: ModelHosts, index: number, far: number): Promise<void> {
  const viewer = hosts.seats.viewer(index);
  if (viewer?.state !== "open" || viewer.cursor === null) return;
  const { stream } = hosts.seats.of(viewer);
  if (stream != null) {
    stream.acknowledge(far);
    await hosts.acknowledgeWhatIsDue();
    return;
  }
  const back = far > 0.5 ? 0 : Math.ceil(1_000_000 * (1 - far));
  const cursor = Math.max(0, viewer.cursor - back);
  viewer.acked(cursor);
  hosts.heard(viewer, cursor);
  await hosts.acknowledgeWhatIsDue();
}

export async function leave(hosts: ModelHosts, index: number): Promise<void> {
  const viewer = hosts.seats.viewer(index);
  if (viewer === undefined || viewer.state === "closed") return;
  const seat = hosts.seats.of(viewer);
  if (seat.stream != null) {
    await seat.stream.unsubscribe(seat.symbol);
    return;
  }
  viewer.state = "closed";
  hosts.objectOf(seat).core.left(seat.symbol, viewer);
  await settle();
}

/** Sends to the viewer fail from here on, and nobody has told its room. */
export async function breakSocket(hosts: ModelHosts, index: number): Promise<void> {
  const viewer = hosts.seats.viewer(index);
  if (viewer?.state !== "open") return;
  const { stream } = hosts.seats.of(viewer);
  if (stream == null) viewer.state = "broken";
  else stream.break();
}
