/** Most levels of a side, in an event and in a book; a book that outgrows it drops the worst (SPEC D-4). */
export const MAX_BOOK_LEVELS = 1_000;
