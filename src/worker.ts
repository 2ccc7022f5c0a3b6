import { app } from "./app.ts";
import type { Env } from "./bindings/env.ts";

export { Directory } from "../durable/first-edition/directory.ts";
export { Room } from "../durable/first-edition/room.ts";
export { Host } from "../durable/host/host.ts";
export { Keeper } from "../durable/keeper/keeper.ts";
export { Keys } from "../durable/keys/keys.ts";
export { Relay } from "../durable/relay/relay.ts";
export { Writer } from "../durable/writer/writer.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
