/** One of `shards` numbers for a text, always the same: FNV-1a of it (draft-eastlake-fnv). */
export function shardOf(text: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

/** Name of the Writer that stores what the rooms of a host have. */
export function writerShardOf(host: string, shards: number): string {
  return nameOf(shardOf(host, shards));
}

/** Names of all Writers. */
export function writerNames(shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => nameOf(shard));
}

function nameOf(shard: number): string {
  return `writer-${shard}`;
}
