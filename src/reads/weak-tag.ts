/** The weak entity tag of what a text says. */
export async function weakTagOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `W/"${btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 16)))}"`;
}
