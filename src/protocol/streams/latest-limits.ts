// Apart from the schemas, so that a client can have them without.

/** How often in a second a stream of `latest` is told at most, and where it does not say. */
export const MOST_HZ = 20;
export const DEFAULT_HZ = 10;
/** Best levels of a side of a book in `latest`. */
export const LATEST_BOOK_LEVELS = 50;
