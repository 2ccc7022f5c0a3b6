import { DurableObject } from "cloudflare:workers";

/** The peer of the viewer scenarios: whatever is posted goes to every socket, and nothing else happens. */
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async fetch(request) {
    if (request.method === "POST") {
      const frame = await request.text();
      for (const socket of this.ctx.getWebSockets()) socket.send(frame);
      return new Response("1");
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
}

export default {
  fetch: (request, env) => env.ROOM.getByName("room").fetch(request),
};
