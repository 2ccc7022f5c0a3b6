export type Encoded = {
    kind: "text";
    text: string;
} | {
    kind: "unfit";
    event: string;
    why: string;
};
/** An event as JSON, without what is null. What JSON has no form for, such as NaN, must not spoil the batch of others. */
export declare function encode(fields: Readonly<Record<string, unknown>>): Encoded;
