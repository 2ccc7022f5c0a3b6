/** The first `bytes` of a text's SHA-256, in base64: short where it goes with many things, and still nobody else's. */
export async function shortDigest(text: string, bytes: number): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest, 0, bytes)));
}
