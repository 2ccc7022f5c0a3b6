/** An address with what it asks, which people read: what needs no escape stands as it is. */
export function addressOf(path: string, search: URLSearchParams): string {
  return `${path}?${String(search).replace(/%(2C|3A|40|24|2F)/g, (escaped) => decodeURIComponent(escaped))}`;
}
