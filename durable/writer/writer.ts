import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import { KEEPER_NAME } from "../../src/bindings/keeper.ts";
import type {
  BacklogReport,
  StoreOutcome,
  StoreRequest,
  WriterCalls,
} from "../../src/bindings/writer.ts";
import { type Config, configOf } from "../../src/config.ts";
import { decodeFrame } from "../../src/core/encode-events.ts";
import { type Database, openDatabase } from "../../src/db/driver/database.ts";
import { failureOf, isDiskFull, lineOf } from "../../src/db/driver/database-error.ts";
import { readIdentity } from "../../src/db/driver/identity.ts";
import { SeriesIdCache } from "../../src/db/store/series-ids.ts";
import { type RoomFrames, storeFrames } from "../../src/db/store/store-frames.ts";
import { databaseDisk } from "../../src/telemetry/database-disk.ts";
import { type Log, logOf } from "../../src/telemetry/log.ts";
import { nowUs } from "../clock.ts";
import { mayBeLate } from "../keeper/notice.ts";
import { Backlog } from "./backlog.ts";
import { GroupCommit } from "./group-commit.ts";

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

/** The Durable Object of one shard: groups the outboxes of its rooms into single inserts. It keeps nothing. */
export class Writer extends DurableObject<Env> implements WriterCalls {
  readonly #config: Config = configOf(this.env);
  readonly #logger: Log = logOf("writer", this.#config);
  readonly #seriesIds = new SeriesIdCache();
  readonly #groups = new GroupCommit<StoreRequest, StoreOutcome>({
    commit: (requests) => this.#commit(requests),
    weigh: (request) => request.frames.reduce((sum, frame) => sum + frame.text.length, 0),
    maxWeight: GROUP_CHARS,
    atOnce: INSERTS_AT_ONCE,
  });
  readonly #database: Database = openDatabase({
    url: this.#config.DATABASE_URL,
    ...(this.#config.DATABASE_ENDPOINT && { endpoint: this.#config.DATABASE_ENDPOINT }),
    use: "writer",
    timeoutMs: 30_000,
  });

  readonly #backlog = new Backlog(this.#config.LIMIT_OUTBOX_BYTES);
  /** The database that was last spoken to, and when it said so. */
  #heard: { identity: string; atMs: number } | null = null;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #toldLate = false;

  async store(request: StoreRequest): Promise<StoreOutcome> {
    this.#backlog.handedOver(request);
    this.#sayBacklog();
    const outcome = await this.#groups.submit(request);
    this.#backlog.ended(request, outcome.kind === "stored");
    this.#sayBacklog();
    return outcome;
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
      help: "what was acknowledged waits for Postgres; it is durable in its rooms and will be stored",
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

  async #commit(requests: readonly StoreRequest[]): Promise<StoreOutcome[]> {
    const outcome = await this.#insert(requests);
    const isOfSome = outcome.kind === "refused" || outcome.kind === "broken";
    if (!isOfSome || requests.length === 1) return requests.map(() => outcome);
    // One room's frames must not hold up the others: each goes alone, so only those that are at fault wait.
    const outcomes: StoreOutcome[] = [];
    for (const request of requests) outcomes.push(await this.#insert([request]));
    return outcomes;
  }

  /** At most once a second, and once more where late data follows: the Keeper looks for itself what there is to do. */
  #tellKeeper(isLate: boolean): void {
    const sinceMs = Date.now() - this.#toldAtMs;
    // Less than nothing where the clock was turned back.
    const isTold = sinceMs >= 0 && sinceMs < TELL_EVERY_MS;
    if (isTold && (this.#toldLate || !isLate)) return;
    this.#toldAtMs = Date.now();
    this.#toldLate = isLate;
    const keeper = this.env.KEEPER.get(this.env.KEEPER.idFromName(KEEPER_NAME));
    this.ctx.waitUntil(
      keeper
        .stored(isLate)
        .catch((error: unknown) =>
          this.#logger.warn("keeper_unreachable", { detail: String(error) }),
        ),
    );
  }

  async #insert(requests: readonly StoreRequest[]): Promise<StoreOutcome> {
    const ids = requests.flatMap((request) => request.correlationIds);
    const fields = {
      correlation_ids: ids,
      symbols: requests.map((request) => request.symbol),
    };
    try {
      const { earliestUs, identity, ...counts } = await storeFrames(
        this.#database,
        await decodeRequests(requests),
        this.#seriesIds,
        ids.slice(-TAGGED_IDS).join("."),
      );
      databaseDisk.stored();
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
      if (isDiskFull(error)) databaseDisk.filled(Date.now());
      const line = lineOf(error);
      this.#logger[line.level]("store_failed", { ...fields, ...line.fields });
      const failure = failureOf(error);
      if (failure === null) return { kind: "broken" };
      // It may be a range of time that nobody has made, as after a month in which nothing was stored: the Keeper does.
      this.#tellKeeper(true);
      return { kind: failure.kind };
    }
  }
}

/** Decodes one request at a turn of the event loop, so that acknowledgements do not wait for a whole group. */
async function decodeRequests(requests: readonly StoreRequest[]): Promise<RoomFrames[]> {
  const rooms: RoomFrames[] = [];
  for (const request of requests) {
    if (rooms.length > 0) await scheduler.wait(0);
    rooms.push(decodeRequest(request));
  }
  return rooms;
}

function decodeRequest({ symbol, frames }: StoreRequest): RoomFrames {
  return {
    symbol,
    frames: frames.map(({ cursor, text }) => ({ cursor, events: decodeFrame(text) })),
  };
}
