import { type Book, type MetricOptions, type Note, type Order, type Position, type Trade } from "./kinds.ts";
import { Metric } from "./metric.ts";
import { type EdgetapeOptions, type Stats } from "./options.ts";
/**
 * One server, one token. A push never waits for the network or the disk, and never throws because of them: metrics wait in memory,
 * trades, orders, positions, notes and books in files that outlive this process, the machine's power and the server. The next process with the
 * same server and token, or another that runs beside this one, sends what this one left.
 */
export declare class Edgetape {
    #private;
    /**
     * @param url where the server is: `https://tape.example`, or `https://example.org/tape` behind a path.
     * @throws TypeError where the url can belong to no server; Error where the spool's folder cannot be used.
     */
    constructor(url: string, options: EdgetapeOptions);
    /** A series to `observe`: `tape.metric("order_latency_ms", { symbol: "ACME", labels: { venue: "xnas" } })`. Keep it where it is hot. */
    metric(name: string, { symbol, labels }?: MetricOptions): Metric;
    /** A trade. Give it an `id` and a `ts`, and it is taken once however long the server was away. */
    trade(symbol: string, { ts, ...fields }: Trade): void;
    /** A state of an order, each time it is in another. */
    order(symbol: string, { ts, ...fields }: Order): void;
    position(symbol: string, { ts, ...fields }: Position): void;
    note(symbol: string, { ts, ...fields }: Note): void;
    book(symbol: string, { ts, type, seq, ...sides }: Book): void;
    /** What became of everything this process pushed or took over, by kind, and what waits. */
    stats(): Stats;
    /** True once every trade, order, position and book so far is on disk (or with the server). False after `timeoutMs`, or without a spool. */
    sync(timeoutMs?: number): Promise<boolean>;
    /**
     * True once the server has acknowledged everything so far (or it was refused), with what earlier processes had left. False after
     * `timeoutMs`.
     */
    flush(timeoutMs?: number): Promise<boolean>;
    /**
     * Flushes, for at most `timeoutMs` (`exitTimeoutMs`), and ends. What is spooled stays spooled; where the server is away and all that
     * waits is on disk, it does not wait for the server. What is pushed later is dropped, and counted. Called by itself when the process has
     * nothing more to do.
     */
    close(timeoutMs?: number): Promise<void>;
}
