import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import { keeperAt } from "../../src/bindings/objects.ts";
import type {
  Answered,
  BacklogReport,
  StoreOutcome,
  StoreRequest,
  SymbolFrames,
  WriterCalls,
} from "../../src/bindings/writer.ts";
import { type Config, configOf } from "../../src/config.ts";
import { decodeFrame } from "../../src/core/events/encode-events.ts";
import { scanPoints } from "../../src/core/events/scan-points.ts";
import { nowUs } from "../../src/core/time/wall-clock.ts";
import { type Database, openDatabase } from "../../src/db/driver/database.ts";
import { failureOf, isDiskFull, lineOf } from "../../src/db/driver/database-error.ts";
import { readIdentity } from "../../src/db/driver/identity.ts";
import { SeriesIdCache } from "../../src/db/store/series-ids.ts";
import { type RoomFrames, storeFrames } from "../../src/db/store/store-frames.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { type Logger, logOf } from "../../src/telemetry/log.ts";
import { countDatabaseError, metrics } from "../../src/telemetry/metrics.ts";
import { mayBeLate, mustTell } from "../keeper/notice.ts";
import { Backlog } from "./backlog.ts";
import { GroupCommit } from "./group-commit.ts";
import { JoinedPast } from "./joined-past.ts";
import { type RoomOfRequest, storeApart, type WholeOutcome } from "./store-apart.ts";

/** Most text of one insert: some 8,000 points. */
const GROUP_CHARS = 768 * 1024;
/** Inserts under way at once: one in the database, one on its way there. */
const INSERTS_AT_ONCE = 2;
/** The Keeper is told of what was stored at most so often, in ms. */
const TELL_EVERY_MS = 1_000;
/** A database is asked who it is at most so often, in ms. */
const IDENTITY_MS = 1_000;
/** Correlation ids named in a statement's comment; a group can stand for hundreds of requests. */
const TAGGED_IDS = 5;
/** Symbols named in a line of the log; a group can be of thousands. */
const LOGGED_SYMBOLS = 20;

/** Text that is decoded in one turn of the event loop, some 5 ms, and what a frame costs beside its text. */
const CHARS_A_TURN = 256 * 1024;
const FRAME_CHARS = 128;

/** The Durable Object of one shard: groups the outboxes of its hosts into single inserts. It keeps nothing. */
export class Writer extends DurableObject<Env> implements WriterCalls {
  readonly #config: Config = configOf(this.env);
  readonly #logger: Logger = logOf("writer", this.#config);
  readonly #seriesIds = new SeriesIdCache();
  readonly #groups = new GroupCommit<StoreRequest, StoreOutcome>({
    commit: (requests) => storeApart(requests, (rooms) => this.#insert(rooms)),
    weigh: weightOf,
    maxWeight: GROUP_CHARS,
    atOnce: INSERTS_AT_ONCE,
  });
  readonly #database: Database = openDatabase({
    url: this.#config.DATABASE_URL,
    ...(this.#config.DATABASE_ENDPOINT && { endpoint: this.#config.DATABASE_ENDPOINT }),
    use: "writer",
    timeoutMs: 30_000,
  });

  readonly #past = new JoinedPast((most) =>
    openDatabase({
      url: this.#config.DATABASE_URL,
      endpoint: this.#config.DATABASE_ENDPOINT,
      timeoutMs: 10_000,
      atOnce: most,
    }),
  );
  readonly #backlog = new Backlog(this.#config.LIMIT_OUTBOX_BYTES);
  /** The database that was last spoken to, and when it said so. */
  #heard: { identity: string; atMs: number } | null = null;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  /** When the Keeper looks, as far as it has said. */
  #keeperAlarmMs: number | null = null;
  #toldLate = false;

  async store(request: StoreRequest): Promise<StoreOutcome> {
    const beganMs = Date.now();
    this.#backlog.handedOver(request);
    this.#sayBacklog();
    const outcome = await this.#groups.submit(request);
    metrics.store.observe((Date.now() - beganMs) / 1_000);
    metrics.storedParts.add(1, { outcome: outcome.kind });
    this.#backlog.ended(request, outcome, nowUs());
    this.#sayBacklog();
    return outcome;
  }

  findNames(symbols: readonly SymbolName[]): Promise<Answered<SymbolName[]>> {
    return this.#past.findNames(symbols);
  }

  readPrices(symbols: readonly SymbolName[]): Promise<Answered<string>> {
    return this.#past.readPrices(symbols);
  }

  readNewestCursor(symbol: SymbolName, after: Cursor): Promise<Answered<Cursor | null>> {
    return this.#past.readNewestCursor(symbol, after);
  }

  readEarlierLife(symbol: SymbolName, through: Cursor): Promise<Answered<string>> {
    return this.#past.readEarlierLife(symbol, through);
  }

  backlog(): BacklogReport | null {
    return this.#backlog.report(nowUs());
  }

  #sayBacklog(): void {
    const news = this.#backlog.news(nowUs());
    if (news?.kind === "ended") this.#logger.info("storing_caught_up");
    if (news?.kind !== "began") return;
    this.#logger.warn("storing_behind", {
      ...news.report,
      help: "what was acknowledged waits for Postgres; it is durable in its hosts and will be stored",
    });
  }

  async identity(): Promise<string | null> {
    const nowMs = Date.now();
    const sinceMs = nowMs - (this.#heard?.atMs ?? Number.NEGATIVE_INFINITY);
    if (this.#heard !== null && sinceMs >= 0 && sinceMs < IDENTITY_MS) return this.#heard.identity;
    try {
      this.#hear(await readIdentity(this.#database));
      return this.#heard?.identity ?? null;
    } catch (error) {
      if (failureOf(error) === null) this.#logger.error("identity_unread", lineOf(error).fields);
      return null;
    }
  }

  #hear(identity: string): void {
    this.#heard = { identity, atMs: Date.now() };
  }

  /**
   * Where it does not look soon anyway. At most once a second, and once more where late data follows: the Keeper looks for itself
   * what there is to do.
   */
  #tellKeeper(isLate: boolean): void {
    if (!mustTell(Date.now(), isLate, this.#keeperAlarmMs)) return;
    const sinceMs = Date.now() - this.#toldAtMs;
    // Less than nothing where the clock was turned back.
    const isTold = sinceMs >= 0 && sinceMs < TELL_EVERY_MS;
    if (isTold && (this.#toldLate || !isLate)) return;
    this.#toldAtMs = Date.now();
    this.#toldLate = isLate;
    const keeper = keeperAt(this.env);
    this.ctx.waitUntil(
      keeper.stored(isLate).then(
        (alarmMs) => {
          this.#keeperAlarmMs = alarmMs;
        },
        (error: unknown) => this.#logger.warn("keeper_unreachable", { detail: String(error) }),
      ),
    );
  }

  async #insert(rooms: readonly RoomOfRequest[]): Promise<WholeOutcome> {
    const requests = new Set(rooms.map(({ request }) => request));
    const ids = [...requests].flatMap((request) => request.correlationIds);
    const fields = {
      correlation_ids: ids,
      symbols: rooms.slice(0, LOGGED_SYMBOLS).map(({ room }) => room.symbol),
      ...(rooms.length > LOGGED_SYMBOLS && { symbol_count: rooms.length }),
    };
    try {
      const { earliestUs, identity, ...counts } = await storeFrames(
        this.#database,
        await decodeRooms(rooms),
        this.#seriesIds,
        ids.slice(-TAGGED_IDS).join("."),
        turn,
      );
      this.#logger.debug("stored", { ...fields, ...counts });
      if (counts.setAside > 0) {
        this.#logger.warn("events_set_aside", {
          ...{ ...fields, count: counts.setAside },
          help: "raw data of their hours is gone, so they count nowhere: see K-1 in SPEC.md",
        });
      }
      this.#tellKeeper(mayBeLate(earliestUs, nowUs()));
      if (identity !== null) this.#hear(identity);
      return { kind: "stored", identity: identity ?? (await this.identity()) };
    } catch (error) {
      const failure = failureOf(error);
      countDatabaseError("writer", failure);
      const { level, fields: ofError } = lineOf(error);
      // Of a group that goes apart those that are at fault are told of alone.
      const isWhole = failure?.kind === "unavailable" || rooms.length === 1;
      this.#logger[isWhole ? level : "debug"]("store_failed", { ...fields, ...ofError });
      if (failure === null) return { kind: "broken" };
      // It may be a range of time that nobody has made, as after a month in which nothing was stored: the Keeper does.
      this.#tellKeeper(true);
      if (isDiskFull(error)) return { kind: "unavailable", isDiskFull: true };
      return { kind: failure.kind };
    }
  }
}

function weightOf({ rooms }: StoreRequest): number {
  let chars = 0;
  for (const { frames } of rooms) for (const { text } of frames) chars += text.length;
  return chars;
}

/** One turn of the event loop. */
const turn = () => scheduler.wait(0);

/** Decodes a slice at a turn of the event loop, so that acknowledgements do not wait for a whole group. */
async function decodeRooms(rooms: readonly RoomOfRequest[]): Promise<RoomFrames[]> {
  const decoded: RoomFrames[] = [];
  let chars = 0;
  for (const { room } of rooms) {
    // A frame of a few characters takes as long as some of its text.
    for (const { text } of room.frames) chars += text.length + FRAME_CHARS;
    if (chars >= CHARS_A_TURN) {
      await turn();
      chars = 0;
    }
    decoded.push(decodeRoom(room));
  }
  return decoded;
}

function decodeRoom({ symbol, frames }: SymbolFrames): RoomFrames {
  return {
    symbol,
    frames: frames.map(({ cursor, text }) => {
      const points = scanPoints(text);
      return points === null ? { cursor, events: decodeFrame(text) } : { cursor, points };
    }),
  };
}
