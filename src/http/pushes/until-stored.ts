import type { Appended } from "../../appends/append-to-hosts.ts";
import { askHosts, Rooms } from "../../bindings/rooms.ts";
import type { AppContext } from "../context.ts";
import { badParameters } from "../problems/refusal.ts";

/** Longest wait for `?wait=stored`; after it the answer is 202, for the batch is durable all the same. */
const STORED_WAIT_MS = 30_000;

/** Does whoever pushes wait until it is in Postgres? @throws Refusal where `wait` is anything else. */
export function waitsUntilStored(c: AppContext): boolean {
  const wait = c.req.query("wait");
  if (wait === undefined || wait === "stored") return wait !== undefined;
  throw badParameters({ path: "wait", message: 'must be "stored", or absent' });
}

/** True when all of it is in Postgres, false where that takes too long. */
export async function untilStored(c: AppContext, hosts: Appended["hosts"]): Promise<boolean> {
  const rooms = new Rooms(c.env);
  const stored = await askHosts(hosts, ({ host, through, mayBeElsewhere }) =>
    rooms.hostAt(host).untilStored(through, STORED_WAIT_MS, mayBeElsewhere),
  );
  return stored.every(Boolean);
}
