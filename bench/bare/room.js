import { DurableObject } from "cloudflare:workers";

const MESSAGE_EVENTS = 500;
const EVENTS_MARK = '"events":[';

/**
 * The peer of the viewer scenarios: whatever is posted to its path goes to every socket there, and nothing else happens. Query of a
 * post: `join=MS`, what comes within so long goes out as one message; `row`, a row is committed, then the post answered, then sent.
 * A viewer with `since` is sent what was posted behind that cursor.
 */
export class Room extends DurableObject {
  #posted = [];
  #joining = [];
  #replay = { since: null, messages: [] };

  constructor(ctx, env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, frame TEXT)");
  }

  async fetch(request) {
    const { searchParams } = new URL(request.url);
    if (request.method === "POST") {
      await this.#take(await request.text(), searchParams);
      return new Response("1");
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const since = searchParams.get("since");
    if (since !== null) {
      for (const message of this.#messagesAfter(Number(since))) server.send(message);
      server.send('{"type":"caught_up"}');
    }
    return new Response(null, { status: 101, webSocket: client });
  }

  async #take(frame, how) {
    if (how.has("kept")) this.#posted.push(frame);
    if (how.has("row")) {
      this.ctx.storage.sql.exec("INSERT INTO log (frame) VALUES (?)", frame);
      setTimeout(() => this.#send(frame), 0);
    } else if (how.has("join")) {
      this.#joining.push(frame);
      if (this.#joining.length > 1) return;
      const send = () => this.#send(joined(this.#joining.splice(0)));
      setTimeout(send, Number(how.get("join")));
    } else this.#send(frame);
  }

  #send(message) {
    for (const socket of this.ctx.getWebSockets()) socket.send(message);
  }

  #messagesAfter(since) {
    if (this.#replay.since === since) return this.#replay.messages;
    const frames = this.#posted.filter((frame) => cursorOf(frame) > since);
    const messages = [];
    let part = [];
    let events = 0;
    for (const frame of frames) {
      const count = frame.split('{"kind"').length - 1;
      if (events + count > MESSAGE_EVENTS) {
        messages.push(joined(part));
        part = [];
        events = 0;
      }
      part.push(frame);
      events += count;
    }
    if (part.length > 0) messages.push(joined(part));
    this.#replay = { since, messages };
    return messages;
  }
}

function cursorOf(frame) {
  return Number(/"cursor":(\d+)/.exec(frame)[1]);
}

function joined(frames) {
  const parts = frames.map((frame) =>
    frame.slice(frame.indexOf(EVENTS_MARK) + EVENTS_MARK.length, -2),
  );
  return `{"type":"events","cursor":${cursorOf(frames.at(-1))},"events":[${parts.join(",")}]}`;
}

export default {
  fetch: (request, env) => env.ROOM.getByName(new URL(request.url).pathname).fetch(request),
};
