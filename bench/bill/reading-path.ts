/** Where the metered Worker says what was counted. */
export const READING_PATH = "/meter";
