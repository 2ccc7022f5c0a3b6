import type { HostName } from "./placement.ts";
import { shardOf } from "./shard.ts";

/** Name of the Writer that stores what the rooms of a host have. */
export function writerShardOf(host: HostName, shards: number): string {
  return nameOf(shardOf(host, shards));
}

/** Names of all Writers. */
export function writerNames(shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => nameOf(shard));
}

function nameOf(shard: number): string {
  return `writer-${shard}`;
}
