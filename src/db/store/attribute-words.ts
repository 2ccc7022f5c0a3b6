/*
 * What stands among the words of a line beside those of its text, so that one index finds both together. No word of a text has `=`.
 */
export const LEVEL_WORD = "l=";
export const SERVICE_WORD = "s=";
export const SYMBOL_WORD = "y=";
/** Behind it the number of the hour since the epoch. */
export const HOUR_WORD = "h=";
