/** Names the server and whose the token is, as the server tells holders of keys apart (SPEC I-14). */
export declare function holderOf(url: string, token: string): string;
