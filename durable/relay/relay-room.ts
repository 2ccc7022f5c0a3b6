import type { JoinRefusal, JoinRequest } from "../../src/bindings/host.ts";
import type { FedRoom, WatchAnswer } from "../../src/bindings/relay.ts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { CLOSE_CODES } from "../../src/protocol/socket/close-codes.ts";
import type { LiveBar } from "../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import type { Logger } from "../../src/telemetry/log.ts";
import type { ArchiveAnswer } from "../room/past/archive.ts";
import { ArchiveReads } from "../room/past/archive-reads.ts";
import type { ReadTurns } from "../room/past/read-turns.ts";
import type { RoomPorts, RoomSettings } from "../room/room-ports.ts";
import type { SqlPort } from "../room/sql-port.ts";
import type { LastValues } from "../room/state/last-values.ts";
import { RoomState } from "../room/state/room-state.ts";
import type { PageMemory } from "../room/viewers/replay-pages.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";
import { Watching } from "../room/viewers/watching.ts";
import { type FrameRun, type RelayFrames, RelayLog } from "./relay-log.ts";

/** Messages of viewers that wait until the room knows where it is. Acknowledgements are few, and short. */
const MOST_EARLY_MESSAGES = 1_000;
const MOST_EARLY_CHARS = 100;

export interface RelayRoomDeps {
  frames: RelayFrames;
  settings: RoomSettings;
  sql: SqlPort;
  clock: RoomPorts["clock"];
  keepAwake: (work: Promise<void>) => void;
  turns: ReadTurns;
  pages: PageMemory;
  /** Frames that are not here any more. */
  readPage: (after: Cursor, upTo: Cursor) => Promise<ArchiveAnswer>;
  readBar: (minuteUs: EpochUs, through: Cursor) => Promise<Bar | null>;
  logger: Logger;
}

type Watched = Extract<WatchAnswer, { kind: "watched" }>;

/** What there is once it is known where the room's log is. */
interface Open {
  log: RelayLog;
  state: RoomState;
  archive: ArchiveReads;
  watching: Watching;
}

interface Sleeper {
  socket: ViewerSocket;
  attachment: ViewerAttachment;
}

/**
 * One symbol in a relay: the viewers' part of a room over a copy of its newest frames. While it does not know the last values at its
 * head, as after a wake or where a feed went by, viewers stay where they are, and what is fed is kept for them until the host has
 * said where the room is.
 */
export class RelayRoom {
  readonly symbol: SymbolName;
  /** Who is about to come in. */
  joining = 0;
  /** Viewers of the room that are not here, as the host said last. */
  elsewhere = 0;
  /** Nobody has been here since; null while somebody is. */
  emptySinceMs: number | null = null;
  /** The host is being asked for what is missing. */
  asking: Promise<boolean> | null = null;
  readonly #deps: RelayRoomDeps;
  #open: Open | null = null;
  #hasValues = false;
  /** Frames behind a hole. */
  #early: FrameRun | null = null;
  #sleepers: Sleeper[] = [];
  /** How far those that slept live were sent; null where nobody knows. */
  #slept: Cursor | null = null;
  readonly #earlyMessages: [ViewerSocket, string][] = [];

  constructor(symbol: SymbolName, deps: RelayRoomDeps) {
    this.symbol = symbol;
    this.#deps = deps;
  }

  get viewers(): number {
    return this.#sleepers.length + (this.#open?.watching.viewers.size ?? 0);
  }

  /** Something is missing that the host has to be asked for. */
  get isBehind(): boolean {
    return !this.#hasValues || this.#early !== null;
  }

  /** That cannot wait for somebody who wants the last values: frames lie behind a hole, or viewers wait to go on. */
  get mustAsk(): boolean {
    return this.#early !== null || this.#open === null;
  }

  /** Nothing of any log is in it. */
  get isFresh(): boolean {
    return this.#open === null && this.#early === null && this.#sleepers.length === 0;
  }

  /** The 1 m bar that is growing; null where there is none, or it is not known. */
  get bar(): LiveBar | null {
    return this.#hasValues ? (this.#open?.state.foldToHead().bar ?? null) : null;
  }

  get head(): Cursor | null {
    return this.#open?.log.head ?? null;
  }

  /** How far the live viewers have been sent the log; null where there is none. */
  get liveThrough(): Cursor | null {
    return this.#open?.watching.viewers.liveThrough ?? null;
  }

  /** When somebody may have gone silent, or a token ends, in ms; null where nobody is here. */
  dueMs(nowMs: number): number | null {
    return this.#open?.watching.viewersDueMs(nowMs) ?? null;
  }

  /**
   * These slept with the relay. `through`: how far those of them that are live were sent the log. Where nothing has come since, nothing
   * has to be asked.
   */
  wake(sleepers: readonly Sleeper[], through: Cursor | null): void {
    this.#sleepers = [...sleepers];
    this.#slept = through;
    const areLive = sleepers.every(({ attachment }) => attachment.phase.kind === "live");
    if (through === null || !areLive) return;
    this.#openAt(this.#deps.frames.runFrom(through));
    this.#rejoin();
  }

  /** Does it lack something for who comes with this cursor? One ahead of ours may be the host's, of what has yet to be fed. */
  lacks(since: Cursor | null): boolean {
    return this.isBehind || (since ?? 0) > (this.head ?? 0);
  }

  /** What it would cost to send something to those who are live now, in ms. */
  get fanOutMs(): number {
    return (this.#open?.watching.viewers.live ?? 0) * this.#deps.settings.pace.sendMs(0);
  }

  /** Sends what was fed to those who are live. Gives what was sent, in ms. */
  published(isAfterAck?: boolean): number {
    return this.#open?.watching.viewers.published(isAfterAck) ?? 0;
  }

  /** Takes what is new; what it has already it passes over. Is there anything now to be `published`? */
  feed({ after, frames, barClosed }: FedRoom): boolean {
    const open = this.#open;
    if (open === null || this.isBehind || after > open.log.head) {
      if (
        open !== null &&
        this.#early === null &&
        after <= open.log.head &&
        !hasNews(open, frames)
      ) {
        this.#closeBar(open, barClosed);
        return false;
      }
      if (this.#early === null || after > this.#early.head) {
        this.#early?.drop();
        this.#early = this.#deps.frames.runFrom(after);
      }
      this.#early.append(frames);
      return false;
    }
    const { run } = open.log;
    if (barClosed === null) run.append(frames);
    else {
      run.append(frames.filter(({ cursor }) => cursor <= barClosed.at));
      this.#closeBar(open, barClosed);
      run.append(frames);
    }
    // The copy may let frames go, and the last values have to have them before that.
    open.state.foldToHead();
    return frames.length > 0;
  }

  /**
   * The host has said where the room is, and what its last values are there. False where more has come meanwhile than that explains: it
   * has to be asked once more.
   */
  begin({ head, oldest, values, elsewhere }: Watched): boolean {
    const early = this.#early;
    if (early !== null && early.prunedThrough > head) return false;
    this.#early = null;
    this.elsewhere = elsewhere;
    const run = this.#open?.log.run ?? null;
    if (early !== null && early.head >= head) this.#openAt(early);
    else {
      early?.drop();
      if (run === null || run.head < head) this.#openAt(this.#deps.frames.runFrom(head));
      else if (this.#hasValues) return true;
    }
    const { state, watching, log } = this.#open as Open;
    if (run !== log.run) run?.drop();
    log.oldest = oldest;
    state.begin(JSON.parse(values) as LastValues, [], head);
    this.#hasValues = true;
    const { liveThrough } = watching.viewers;
    // Bars that closed in what came meanwhile are not known here: as in any replay, history has them.
    if (liveThrough !== null && liveThrough < log.head) watching.viewers.restart();
    else watching.viewers.published();
    this.#rejoin();
    return true;
  }

  /** Of a room that lacks nothing. */
  join(request: JoinRequest, accept: () => ViewerSocket): JoinRefusal | null {
    const { watching } = this.#open as Open;
    return watching.join(request, accept);
  }

  heard(socket: ViewerSocket, data: string | ArrayBuffer): void {
    if (this.#sleepers.some((one) => one.socket === socket)) {
      const isShort = typeof data === "string" && data.length <= MOST_EARLY_CHARS;
      if (isShort && this.#earlyMessages.length < MOST_EARLY_MESSAGES) {
        this.#earlyMessages.push([socket, data]);
      }
    } else this.#open?.watching.door.heard(socket, data, this.#deps.clock.nowMs());
  }

  goOn(socket: ViewerSocket): void {
    this.#open?.watching.viewers.goOn(socket);
  }

  left(socket: ViewerSocket): void {
    this.#sleepers = this.#sleepers.filter((one) => one.socket !== socket);
    this.#open?.watching.viewers.leave(socket);
  }

  /** Everybody is to come back. */
  dismiss(): void {
    const { code, reason } = CLOSE_CODES.goingAway;
    for (const { socket } of this.#sleepers.splice(0)) socket.close(code, reason);
    this.#open?.watching.viewers.closeAll("goingAway");
  }

  /** Nobody needs its frames any more. */
  drop(): void {
    this.#early?.drop();
    this.#open?.log.run.drop();
  }

  alarm(): void {
    this.#open?.watching.viewers.idleCheck();
    this.#open?.archive.forgetUnused();
  }

  #closeBar({ state, watching }: Open, closed: FedRoom["barClosed"]): void {
    if (closed === null || closed.at < (this.head ?? 0)) return;
    const { liveThrough } = watching.viewers;
    if (liveThrough !== null && liveThrough < closed.at) {
      const bar = state.noteBarClosed(closed.at);
      // Some of them may be there already.
      if (bar !== null) watching.viewers.tellLive(bar, closed.at);
      return;
    }
    if (this.#hasValues && state.closeBar() === null) return;
    watching.viewers.tellLive(closed.bar);
  }

  #openAt(run: FrameRun): void {
    if (this.#open !== null) {
      this.#open.log.run = run;
      return;
    }
    const { symbol } = this;
    const { frames, settings, sql, clock, keepAwake, turns, pages, readPage, readBar, logger } =
      this.#deps;
    const log = new RelayLog(frames, run);
    const state = new RoomState(sql, log);
    const archive = new ArchiveReads({
      ...{ sql, turns, room: () => null, clock },
      read: readPage,
    });
    const watching = new Watching({
      ...{ symbol, log, state, settings, ports: { clock, keepAwake, logger, pages }, readBar },
      readArchive: archive.read,
      elsewhere: () => this.elsewhere,
    });
    this.#open = { log, state, archive, watching };
  }

  /** Those that slept are here again; who was live goes on where it was, by replay where something has come since. */
  #rejoin(): void {
    const { watching, log } = this.#open as Open;
    const through = this.#slept;
    for (const { socket, attachment } of this.#sleepers.splice(0)) {
      if (attachment.phase.kind === "replaying" || through === log.head) {
        watching.viewers.rejoin(socket, attachment);
      } else if (through === null || through > log.head) {
        const { code, reason } = CLOSE_CODES.goingAway;
        socket.close(code, reason);
      } else {
        const phase = {
          kind: "replaying",
          position: through,
          replayed: 0,
          complete: true,
        } as const;
        watching.viewers.rejoin(socket, { ...attachment, phase });
      }
    }
    for (const [socket, data] of this.#earlyMessages.splice(0)) this.heard(socket, data);
  }
}

function hasNews({ log }: Open, frames: FedRoom["frames"]): boolean {
  return (frames.at(-1)?.cursor ?? 0) > log.head;
}
