import type { ObjectAddress } from "./runtime-door.ts";

/** Objects of this isolate that hold viewers' sockets, by address: who ends the runtime has them say good-bye. */
const watched = new Map<string, ObjectAddress>();

export function isWatched(address: ObjectAddress): void {
  watched.set(keyOf(address), address);
}

export function isUnwatched(address: ObjectAddress): void {
  watched.delete(keyOf(address));
}

export function watchedObjects(): ObjectAddress[] {
  return [...watched.values()];
}

function keyOf({ binding, name }: ObjectAddress): string {
  return `${binding} ${name}`;
}
