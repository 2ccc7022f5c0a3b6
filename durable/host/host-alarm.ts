import type { RoomCore } from "../room/room-core.ts";
import type { PingWatch } from "../room/viewers/door/ping-watch.ts";
import { earliestAlertMs, earliestDueMs, nextAlarmMs } from "./alarm-time.ts";
import type { AlertNotices } from "./alerts/alert-notices.ts";
import type { CatchUp } from "./catch-up.ts";
import type { HostPorts } from "./host-ports.ts";
import type { LoadedRooms } from "./loaded-rooms.ts";
import type { HostLog } from "./log/host-log.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Pruning } from "./pruning.ts";
import type { Registry } from "./registry.ts";
import type { FirstEditionKeys } from "./symbols/earlier/first-edition-keys.ts";
import type { HostSymbols } from "./symbols/host-symbols.ts";

export interface HostAlarmDeps {
  ports: Pick<HostPorts, "clock" | "alarm" | "sockets" | "closingSockets" | "keepAwake">;
  log: HostLog;
  registry: Registry;
  symbols: HostSymbols;
  rooms: LoadedRooms;
  outbox: Outbox;
  pruning: Pruning;
  catchUp: CatchUp;
  firstKeys: FirstEditionKeys;
  pings: PingWatch;
  notices: AlertNotices;
}

/** The one alarm of a host, which looks after what no request would: the outbox after a crash, and what its rooms have due. */
export class HostAlarm {
  readonly #deps: HostAlarmDeps;

  constructor(deps: HostAlarmDeps) {
    this.#deps = deps;
  }

  /** Does what is due, and sets the alarm for what comes next. */
  async run(): Promise<void> {
    const { ports, log, registry, symbols, rooms, outbox } = this.#deps;
    const { pruning, catchUp, firstKeys, pings, notices } = this.#deps;
    outbox.kick();
    pings.look(ports.sockets());
    const folding = [...rooms.active()].filter(({ foldsAtAlarm }) => foldsAtAlarm);
    const records = folding.map(({ symbol }) => registry.find(symbol));
    await catchUp.run(records.filter((record) => record !== undefined));
    for (const room of rooms.active()) room.alarm();
    if (outbox.bytes === 0) log.saveStored();
    firstKeys.forgetOld(ports.clock.nowUs());
    notices.send();
    pruning.kick();
    if (!symbols.isSettled) ports.keepAwake(symbols.lookAfter());
    this.arm();
    // Last, for it lets others at the host, and what is unloaded has nothing due.
    await rooms.unloadUnused();
  }

  /** `touched`: rooms that something has happened to; without it, all that may have something due are asked. */
  arm(touched: readonly RoomCore[] = [...this.#deps.rooms.active()]): void {
    const { ports, outbox, notices } = this.#deps;
    const { clock, alarm, closingSockets } = ports;
    const nowMs = clock.nowMs();
    const alarmMs = nextAlarmMs({
      nowMs,
      armedAtMs: alarm.atMs(),
      outboxBytes: outbox.bytes,
      isClosing: closingSockets() > 0,
      dueMs: earlierOf(earliestDueMs(touched, nowMs), notices.dueMs),
      alertsDueMs: earliestAlertMs(touched),
    });
    if (alarmMs !== null) alarm.set(alarmMs);
  }
}

function earlierOf(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
