/** An error in words; where several addresses were tried, that of the first. */
export declare function errorWords(error: unknown): string;
