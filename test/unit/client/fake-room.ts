import type { PollResponse, SocketLike, TapeDeps } from "../../../client/deps.ts";
import { fakeClock } from "./fake-clock.ts";

export const WINDOW_BYTES = 6_000;
/** In the place of a subprotocol: not a socket, but server-sent events. */
const EVENTS = "events";

interface Frame {
  cursor: number;
  ids: number[];
}

/** A frame that was appended once, in which life of the log, and whether it was lost since with a disk. */
interface Appended extends Frame {
  life: number;
  isLost: boolean;
}

interface Connection {
  url: string;
  protocols: string[];
  socket: SocketLike;
  open: boolean;
  /** Frames up to here were sent. */
  sentThrough: number;
  caughtUp: boolean;
  sent: string[];
  unackedBytes: number;
}

/** A room with its log, its sockets and its polls, and switches for everything that can go wrong with them. */
export function fakeRoom() {
  const clock = fakeClock();
  const log: Appended[] = [];
  const appended: Appended[] = [];
  const lives = new Map<string, number>();
  const connections: Connection[] = [];
  const notices: ((event: "woke" | "wentOnline" | "wentOffline") => void)[] = [];
  let head = 1_000;
  let oldest = 1_000;
  let nextEventId = 1;
  /** The newest cursor ever given in this life, which the clock is past. */
  let newest = 0;
  let life = 0;
  let logId = nameLog(life);

  const room = {
    clock,
    log,
    /** Every frame there ever was, of every life. */
    appended,
    connections,
    /** A server of before 2026-11-26 does not. */
    namesLog: true,
    acks: [] as number[],
    /** Errors of the consumer's own. */
    reported: [] as unknown[],
    pings: [] as number[],
    polls: [] as string[],
    maxUnackedBytes: 0,
    online: true,
    refuseSockets: false,
    /** Server-sent events are refused. */
    refuseEvents: true,
    /** How long a socket takes to say `hello`. */
    helloMs: 20,
    refusePolls: false as boolean | number,
    /** Everything the room says is lost on the way. */
    silent: false,
    /** Frames that gather before they are sent, joined. */
    holding: false,
    deps,
    living: () => connections.filter((c) => c.open),
    head: () => head,
    logId: () => logId,
    /** The life that a log id is of. */
    lifeOf: (id: string | null) => (id === null ? null : (lives.get(id) ?? null)),
    append(frames: number, eventsEach: number) {
      for (let i = 0; i < frames; i++) {
        head = Math.max(head, newest) + 7;
        push(Array.from({ length: eventsEach }, () => nextEventId++));
      }
      if (!room.holding) room.flush();
    },
    flush() {
      for (const connection of room.living()) if (connection.caughtUp) sendNew(connection);
    },
    /** The log forgets everything up to its head. */
    prune() {
      oldest = head;
    },
    /** The log is lost and begins anew, with its head where the old one had it `later` microseconds before. */
    beginAnew(later: number) {
      room.close(1006);
      for (const frame of log.splice(0)) frame.isLost = true;
      head = Math.max(1_000, head + later);
      oldest = head;
      newest = 0;
      life += 1;
      logId = nameLog(life);
    },
    /** Another log has the symbol now, and everything that this one had. */
    handOver() {
      room.close(4000);
      logId = nameLog(life);
    },
    /** A copy of the disk is put back that lacks the newest frames. The clock goes on: no cursor comes twice. */
    restore(framesLost: number) {
      room.close(1006);
      newest = Math.max(newest, head);
      for (const frame of log.splice(Math.max(0, log.length - framesLost))) frame.isLost = true;
      head = Math.max(oldest, log.at(-1)?.cursor ?? 0);
    },
    /** What a slow viewer is told: the frames not sent yet are dropped. */
    sayGap() {
      for (const connection of room.living()) {
        if (connection.sentThrough === head || !connection.caughtUp) continue;
        const from = connection.sentThrough;
        connection.sentThrough = head;
        say(connection, { type: "gap", from, to: head, reason: "slow", dropped: null });
        say(connection, snapshot());
      }
    },
    repeat(framesBack: number) {
      for (const connection of room.living()) {
        const frame = log.filter((f) => f.cursor <= connection.sentThrough).at(-1 - framesBack);
        if (frame !== undefined) sayFrames(connection, [frame]);
      }
    },
    /** A frame that arrives broken: what it held is lost on this connection. */
    garbage() {
      head = Math.max(head, newest) + 7;
      push([nextEventId++]);
      for (const connection of room.living().filter((c) => c.caughtUp)) {
        connection.sentThrough = head;
        sayText(connection, '{"type":"events","cur');
      }
    },
    close(code: number) {
      for (const connection of room.living()) closeConnection(connection, code);
    },
    notice(event: "woke" | "wentOnline" | "wentOffline") {
      room.online = event === "wentOffline" ? false : event === "wentOnline" ? true : room.online;
      for (const notice of notices) notice(event);
    },
  };
  return room;

  function nameLog(of: number): string {
    const id = `log-${lives.size}`;
    lives.set(id, of);
    return id;
  }

  function push(ids: number[]) {
    const frame = { cursor: head, ids, life, isLost: false };
    log.push(frame);
    appended.push(frame);
  }

  /** What a cursor is, and the log that came with it. `resetFrom`: nothing can be said of what came after it. */
  function resume(url: string): { isFresh: boolean; after: number; resetFrom: number | null } {
    const { searchParams } = new URL(url);
    const since = Number(searchParams.get("since"));
    if (!searchParams.has("since")) return { isFresh: true, after: head, resetFrom: null };
    const of = room.namesLog ? searchParams.get("log") : null;
    const isKnown = of === null || (lives.get(of) === life && since <= head);
    if (!isKnown) return { isFresh: false, after: head, resetFrom: since };
    return { isFresh: false, after: Math.min(since, head), resetFrom: null };
  }

  function deps(random: () => number = () => 0.5): TapeDeps {
    return {
      nowMs: clock.nowMs,
      setTimer: clock.setTimer,
      random,
      isOnline: () => room.online,
      openSocket,
      fetch: (url, init) =>
        new URL(url).pathname.endsWith("/stream")
          ? events(url, init.signal)
          : poll(url, init.signal),
      report: (error) => room.reported.push(error),
      watch(notice) {
        notices.push(notice);
        return () => notices.splice(notices.indexOf(notice), 1);
      },
    };
  }

  function openSocket(url: string, protocols: string[]): SocketLike {
    const resumed = resume(url);
    const connection: Connection = {
      url,
      protocols,
      open: true,
      sentThrough: resumed.after,
      caughtUp: false,
      sent: [],
      unackedBytes: 0,
      socket: {
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (text) => hear(connection, text),
        close: () => {
          connection.open = false;
        },
      },
    };
    connections.push(connection);
    clock.setTimer(() => greet(connection, resumed), room.helloMs);
    return connection.socket;
  }

  function greet(connection: Connection, { isFresh, resetFrom }: ReturnType<typeof resume>) {
    if (!connection.open) return;
    const isEvents = connection.protocols[0] === EVENTS;
    const isRefused = isEvents ? room.refuseEvents : room.refuseSockets;
    if (isRefused) return closeConnection(connection, 1006);
    say(connection, {
      type: "hello",
      room: "BTC-USD",
      cursor: head,
      oldest,
      ...(room.namesLog && { log: logId }),
      heartbeat_ms: 5_000,
      window: WINDOW_BYTES,
    });
    if (resetFrom !== null) {
      const gap = { type: "gap", from: resetFrom, to: connection.sentThrough, dropped: null };
      say(connection, { ...gap, reason: "reset" });
    }
    if (isFresh) {
      connection.sentThrough = head;
      say(connection, snapshot());
    }
    clock.setTimer(() => replay(connection, resetFrom === null), 15);
  }

  function replay(connection: Connection, isUnbroken: boolean) {
    if (!connection.open) return;
    const isHere = connection.sentThrough >= oldest;
    const complete = isUnbroken && isHere;
    if (!isHere) {
      say(connection, {
        type: "gap",
        from: connection.sentThrough,
        to: oldest,
        reason: "expired",
        dropped: null,
      });
      connection.sentThrough = oldest;
    }
    sendNew(connection);
    connection.caughtUp = true;
    say(connection, { type: "caught_up", cursor: head, replayed: 0, complete });
  }

  function sendNew(connection: Connection) {
    const fresh = log.filter((frame) => frame.cursor > connection.sentThrough);
    connection.sentThrough = head;
    // Joined in pairs, so that a frame may hold events of several cursors.
    for (let i = 0; i < fresh.length; i += 2) sayFrames(connection, fresh.slice(i, i + 2));
  }

  function sayFrames(connection: Connection, frames: Frame[]) {
    say(connection, { type: "events", cursor: frames.at(-1)?.cursor, events: eventsOf(frames) });
  }

  function say(connection: Connection, message: object) {
    sayText(connection, JSON.stringify(message));
  }

  function sayText(connection: Connection, text: string) {
    if (!connection.open || room.silent) return;
    connection.unackedBytes += text.length;
    room.maxUnackedBytes = Math.max(room.maxUnackedBytes, connection.unackedBytes);
    connection.socket.onmessage?.({ data: text });
  }

  function hear(connection: Connection, text: string) {
    connection.sent.push(text);
    if (text === "ping") {
      room.pings.push(clock.nowMs());
      if (connection.open && !room.silent) connection.socket.onmessage?.({ data: "pong" });
      return;
    }
    room.acks.push((JSON.parse(text) as { cursor: number }).cursor);
    connection.unackedBytes = 0;
  }

  function closeConnection(connection: Connection, code: number) {
    connection.open = false;
    connection.socket.onclose?.({ code, reason: "" });
  }

  /** Server-sent events are a connection that nobody says anything on. */
  function events(url: string, signal: AbortSignal): Promise<PollResponse> {
    const encoder = new TextEncoder();
    return new Promise((resolve) => {
      const socket = openSocket(url, [EVENTS]);
      const connection = connections.at(-1) as Connection;
      let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
      const say = (text: string) => controller?.enqueue(encoder.encode(text));
      socket.onmessage = ({ data }) => {
        if (controller === null) {
          const body = new ReadableStream<Uint8Array>({
            start: (made) => {
              controller = made;
            },
          });
          resolve({ ok: true, status: 200, json: async () => ({}), body });
        }
        say(`data: ${data}\n\n`);
        // What is read is acknowledged.
        connection.unackedBytes = 0;
      };
      socket.onclose = ({ code }) => {
        if (code >= 4500) say(`event: end\ndata: {"code":${code},"reason":""}\n\n`);
        if (controller === null) resolve({ ok: false, status: 503, json: async () => ({}) });
        else controller.close();
        controller = null;
      };
      signal.addEventListener("abort", () => {
        connection.open = false;
        socket.onmessage = null;
        socket.onclose = null;
        controller = null;
      });
    });
  }

  function poll(url: string, signal: AbortSignal): Promise<PollResponse> {
    room.polls.push(url);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      clock.setTimer(() => {
        if (typeof room.refusePolls === "number") {
          return resolve({ ok: false, status: room.refusePolls, json: async () => ({}) });
        }
        if (room.refusePolls) return reject(new Error("refused"));
        const { after, resetFrom } = resume(url);
        const from = Math.max(after, oldest);
        const answer = {
          events: eventsOf(log.filter((frame) => frame.cursor > from)),
          cursor: head,
          oldest,
          ...(room.namesLog && { log: logId }),
          complete: after >= oldest && resetFrom === null,
          ...(resetFrom !== null && { reset: true }),
        };
        resolve({ ok: true, status: 200, json: async () => answer });
      }, 30);
    });
  }

  function snapshot() {
    return { type: "snapshot", cursor: head, metrics: [], bar: null, trade: null };
  }
}

function eventsOf(frames: Frame[]) {
  return frames.flatMap((frame) =>
    frame.ids.map((id) => ({ kind: "metric", ts: frame.cursor, metric: "n", value: id })),
  );
}
