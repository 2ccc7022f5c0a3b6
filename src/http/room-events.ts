import { mayReturn } from "../protocol/socket/close-codes.ts";
import { HEARTBEAT_MS, PING, PONG } from "../protocol/socket/heartbeat.ts";
import type { ServerMessage } from "../protocol/socket/server-message.ts";
import type { LogId } from "../protocol/words/log-id.ts";
import type { Cursor } from "../protocol/words/time.ts";

/** The part of a room's socket that is used here. */
export interface RoomSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { code: number; reason: string }) => void,
  ): void;
}

export interface RoomEventsDeps {
  /** In [0, 1). */
  random(): number;
  /** Resolves after so long, in ms. */
  wait(ms: number): Promise<unknown>;
}

/** A reader that has lost its connection comes back after so long, in ms, and up to as long again: not all of a crowd at once. */
const RETRY_MS = 1_000;
/** A comment goes out after so many heartbeats without an event, for proxies that end what is silent. */
const COMMENT_EVERY = 2;

/** Where a reader stands, as the id of an event has it: a cursor, and the log that it is of. */
export function eventIdOf(cursor: Cursor, log: LogId): string {
  return `${cursor}/${log}`;
}

/** `id` of an event apart; null where it is none of ours. */
export function placeOfEventId(id: string): { since: string; log: string | null } | null {
  const [, since = "", log] = /^(\d{1,16})(?:\/([!-~]{1,64}))?$/.exec(id) ?? [];
  return since === "" ? null : { since, log: log ?? null };
}

/**
 * What a room says to a viewer, as server-sent events (SPEC ST-11): each is made when the reader has taken those before, and then the
 * room is told that they were taken. Ends where the room ends its socket; ends the socket where the reader goes.
 */
export async function* roomEvents(
  socket: RoomSocket,
  { random, wait }: RoomEventsDeps,
): AsyncGenerator<string, void> {
  const arrived: string[] = [];
  let ended: { code: number; reason: string } | null = null;
  let wake = () => {};
  socket.addEventListener("message", ({ data }) => {
    if (data !== PONG) arrived.push(String(data));
    wake();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    ended ??= { code, reason };
    wake();
  });
  let isBeatDue = false;
  const startBeat = () =>
    void wait(HEARTBEAT_MS).then(() => {
      isBeatDue = true;
      wake();
    });
  const place = new ReaderPlace();
  try {
    yield `retry: ${Math.round(RETRY_MS * (1 + random()))}\n\n`;
    startBeat();
    for (let silentBeats = 0; ; ) {
      if (isBeatDue) {
        isBeatDue = false;
        startBeat();
        socket.send(PING);
        silentBeats += 1;
        const ack = place.ackDue(true);
        if (ack !== null) socket.send(ack);
      }
      const texts = arrived.splice(0);
      if (texts.length > 0) {
        silentBeats = 0;
        yield texts.map((text) => place.eventOf(text)).join("");
        // It has been taken: whoever reads asks for more.
        const ack = place.ackDue(false);
        if (ack !== null) socket.send(ack);
      } else if (silentBeats >= COMMENT_EVERY) {
        silentBeats = 0;
        yield ": still here\n\n";
      } else if (ended !== null) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    const { code, reason } = ended as { code: number; reason: string };
    if (!mayReturn(code)) yield `event: end\ndata: ${JSON.stringify({ code, reason })}\n\n`;
  } finally {
    if (ended === null) socket.close(1000);
  }
}

/** How far a reader has come, and what the room has to be told of it. */
class ReaderPlace {
  #log: LogId | null = null;
  #windowChars = 0;
  #cursor: Cursor | null = null;
  #unackedChars = 0;

  /** A message of the room as an event, with an id where it moves the reader. */
  eventOf(text: string): string {
    this.#unackedChars += text.length;
    const id = this.#take(JSON.parse(text) as ServerMessage);
    return `${id}data: ${text}\n\n`;
  }

  /** An acknowledgement, where one is due; `isQuiet`: of whatever there is. */
  ackDue(isQuiet: boolean): string | null {
    const isDue = isQuiet ? this.#unackedChars > 0 : this.#unackedChars >= this.#windowChars;
    if (!isDue || this.#cursor === null) return null;
    this.#unackedChars = 0;
    return JSON.stringify({ type: "ack", cursor: this.#cursor });
  }

  #take(message: ServerMessage): string {
    switch (message.type) {
      case "hello":
        this.#log = message.log;
        this.#windowChars = message.window;
        return "";
      case "events":
      case "caught_up":
        return this.#moved(message.cursor);
      case "gap":
        // What is kept of an expired range is still to come.
        return message.reason === "expired" ? "" : this.#moved(message.to);
      // A position for who has none: for others what is before it is still to come.
      case "snapshot":
        return this.#cursor === null ? this.#moved(message.cursor) : "";
      case "bar":
      case "error":
        return "";
      default:
        return message satisfies never;
    }
  }

  #moved(cursor: Cursor): string {
    this.#cursor = cursor;
    return this.#log === null ? "" : `id: ${eventIdOf(cursor, this.#log)}\n`;
  }
}
