import type { PollResponse, SocketLike, TapeDeps } from "../../../client/deps.ts";
import { fakeClock } from "./fake-clock.ts";

export const WINDOW_BYTES = 6_000;

interface Frame {
  cursor: number;
  ids: number[];
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
  const log: Frame[] = [];
  const connections: Connection[] = [];
  const notices: ((event: "woke" | "wentOnline" | "wentOffline") => void)[] = [];
  let head = 1_000;
  let oldest = 1_000;
  let nextEventId = 1;

  const room = {
    clock,
    log,
    connections,
    acks: [] as number[],
    /** Errors of the consumer's own. */
    reported: [] as unknown[],
    pings: [] as number[],
    polls: [] as string[],
    maxUnackedBytes: 0,
    online: true,
    refuseSockets: false,
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
    append(frames: number, eventsEach: number) {
      for (let i = 0; i < frames; i++) {
        head += 7;
        log.push({ cursor: head, ids: Array.from({ length: eventsEach }, () => nextEventId++) });
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
      head += 7;
      log.push({ cursor: head, ids: [nextEventId++] });
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

  function deps(random: () => number = () => 0.5): TapeDeps {
    return {
      nowMs: clock.nowMs,
      setTimer: clock.setTimer,
      random,
      isOnline: () => room.online,
      openSocket,
      fetch: (url, init) => poll(url, init.signal),
      report: (error) => room.reported.push(error),
      watch(notice) {
        notices.push(notice);
        return () => notices.splice(notices.indexOf(notice), 1);
      },
    };
  }

  function openSocket(url: string, protocols: string[]): SocketLike {
    const since = new URL(url).searchParams.get("since");
    const connection: Connection = {
      url,
      protocols,
      open: true,
      sentThrough: since === null ? head : Math.min(Number(since), head),
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
    clock.setTimer(() => greet(connection, since === null), room.helloMs);
    return connection.socket;
  }

  function greet(connection: Connection, fresh: boolean) {
    if (!connection.open) return;
    if (room.refuseSockets) return closeConnection(connection, 1006);
    say(connection, {
      type: "hello",
      room: "BTC-USD",
      cursor: head,
      oldest,
      heartbeat_ms: 5_000,
      window: WINDOW_BYTES,
    });
    if (fresh) {
      connection.sentThrough = head;
      say(connection, snapshot());
    }
    clock.setTimer(() => replay(connection), 15);
  }

  function replay(connection: Connection) {
    if (!connection.open) return;
    const complete = connection.sentThrough >= oldest;
    if (!complete) {
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

  function poll(url: string, signal: AbortSignal): Promise<PollResponse> {
    room.polls.push(url);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      clock.setTimer(() => {
        if (typeof room.refusePolls === "number") {
          return resolve({ ok: false, status: room.refusePolls, json: async () => ({}) });
        }
        if (room.refusePolls) return reject(new Error("refused"));
        const asked = new URL(url).searchParams.get("since");
        const since = asked === null ? head : Number(asked);
        const from = Math.max(since, oldest);
        const answer = {
          events: eventsOf(log.filter((frame) => frame.cursor > from)),
          cursor: head,
          oldest,
          complete: since >= oldest,
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
