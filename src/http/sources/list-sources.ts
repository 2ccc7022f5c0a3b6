import { keeperAt } from "../../bindings/objects.ts";
import { Rooms } from "../../bindings/rooms.ts";
import type { ListSources } from "../../reads/rooms/list-symbols.ts";
import type { AppContext } from "../context.ts";
import { mayAsk } from "../limits/descriptors.ts";
import { warn } from "../warn.ts";

/** What a request that is about all hosts asks them through. */
export function listSourcesOf(c: AppContext): ListSources {
  return {
    rooms: new Rooms(c.env),
    usedHosts: () => keeperAt(c.env).hosts(),
    mayOpen: (host) => mayAsk(c, [host], "read"),
    failed: (event, error, fields) => warn(c, event, error, fields),
  };
}
