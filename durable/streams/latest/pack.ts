/** Shorter than this a text is sent as it is. */
const PACKED_FROM_CHARS = 1_024;

/** A text as raw DEFLATE of its UTF-8 (RFC 1951), which `DecompressionStream("deflate-raw")` of browsers and Node unpacks; null where it is too short for that. */
export function pack(text: string): Promise<ArrayBuffer> | null {
  if (text.length < PACKED_FROM_CHARS) return null;
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Response(packed).arrayBuffer();
}
