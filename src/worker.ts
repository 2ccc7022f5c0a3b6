import { app } from "./app.ts";
import type { Env } from "./bindings/env.ts";
import { serving } from "./serving.ts";

export { Directory } from "../durable/first-edition/directory.ts";
export { Room } from "../durable/first-edition/room.ts";
export { Host } from "../durable/host/host.ts";
export { Keeper } from "../durable/keeper/keeper.ts";
export { Keys } from "../durable/keys/keys.ts";
export { Notifier } from "../durable/notifier/notifier.ts";
export { Relay } from "../durable/relay/relay.ts";
export { Streams } from "../durable/streams/streams.ts";
export { Writer } from "../durable/writer/writer.ts";
export { Door } from "./runtime-door.ts";

export default {
  async fetch(request, env, ctx) {
    if (serving.isHeld) await serving.untilLetGoOn();
    serving.underWay += 1;
    try {
      const answer = await app.fetch(request, env, ctx);
      // An answer that left now would not say that its connection is about to be closed, and the next request would meet that.
      if (serving.isHeld) await serving.untilLetGoOn();
      return answer;
    } finally {
      serving.underWay -= 1;
    }
  },
} satisfies ExportedHandler<Env>;
