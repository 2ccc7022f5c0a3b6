/** Name of the Writer that stores a symbol: FNV-1a of its name (draft-eastlake-fnv), spread over `shards`. */
export function writerShardOf(symbol: string, shards: number): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < symbol.length; index += 1) {
    hash = Math.imul(hash ^ symbol.charCodeAt(index), 0x01000193);
  }
  return `writer-${(hash >>> 0) % shards}`;
}
