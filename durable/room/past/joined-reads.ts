import type { Database } from "../../../src/db/driver/database.ts";
import { failureOf } from "../../../src/db/driver/database-error.ts";
import {
  type EarlierLife,
  type LastHour,
  type NewestAsked,
  readEarlierLife,
  readHoursBefore,
  readLastTrade,
  readNewestCursors,
} from "../../../src/db/events/read-earlier-life.ts";
import {
  type FramesAnswer,
  type FramesQuery,
  readFrames,
  readFramesOfMany,
} from "../../../src/db/events/read-frames.ts";
import { type LifeKinds, readLifeKinds } from "../../../src/db/events/read-life-kinds.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { GroupCommit } from "../../writer/group-commit.ts";
import { EARLIER_LIMITS } from "./earlier-limits.ts";
import { ReadTurns } from "./read-turns.ts";

/** Symbols of one query. */
const SYMBOLS_A_QUERY = 200;
/**
 * Earlier lives that are read at once. Each takes some statements one after another, so of hundreds that are under way together none
 * would end before all do. And of those under way one statement reads the hours.
 */
const LIVES_AT_ONCE = 24;

/** Pages of so short ranges are read together: what lies between is gone through of all symbols. A restart takes some seconds. */
const NEAR_US = 20_000_000;
/** Events of one page, and of all that are read together. */
const PAGE_EVENTS = 2_000;

type PageAsked = Omit<FramesQuery, "maxEvents">;
type Outcome<Found> = { found: Found } | { error: unknown };

/**
 * What many rooms ask of Postgres where they begin together, as after a change of the hosts, and what Postgres needs ten times as
 * long to plan as to do. While one query is under way those that others ask for gather for the next.
 */
export class JoinedReads {
  readonly newestCursor: (asked: NewestAsked) => Promise<Cursor | null>;
  readonly hours: (asked: LastHour) => Promise<Bar[]>;
  readonly kinds: (symbol: SymbolName) => Promise<LifeKinds>;
  /** Null where it has to be read alone. */
  readonly #nearFrames: (asked: PageAsked) => Promise<FramesAnswer | null>;
  readonly #database: Database;
  readonly #pages = new ReadTurns();
  readonly #answered = new WeakMap<Error, Promise<boolean>>();
  #looking: Promise<boolean> | null = null;
  #failed: Error | null = null;
  readonly #lives = new ReadTurns(LIVES_AT_ONCE);

  constructor(database: Database) {
    this.#database = database;
    this.newestCursor = joined((all) => readNewestCursors(database, all));
    this.hours = joined((all) => readHoursBefore(database, all));
    this.kinds = joined((all) => readLifeKinds(database, all));
    this.#nearFrames = joined((all) => readNearFrames(database, all));
  }

  /**
   * A page of a symbol's frames. Viewers that come back when their symbols have moved want what came in the same moments, each of
   * another symbol.
   */
  async frames(asked: PageAsked): Promise<FramesAnswer> {
    const isNear = asked.upTo - asked.after <= NEAR_US;
    const together = isNear ? await this.#nearFrames(asked) : null;
    if (together !== null) return together;
    const query = { ...asked, maxEvents: PAGE_EVENTS };
    const { givenUp } = this.#pages;
    return this.#pages.take(async () => {
      if (this.#pages.givenUp > givenUp) throw this.#failed;
      try {
        return await readFrames(this.#database, query);
      } catch (error) {
        // Before its turn goes to another, which would hang as long where Postgres does.
        if (failureOf(error)?.kind === "unavailable") await this.answersAfter(error as Error);
        throw error;
      }
    });
  }

  /**
   * Whether Postgres answered at all once a page could not be read for `error`. Where it did not, the pages that waited for their turn
   * have failed with that one: each would take 10 s to do so where it hangs, four at once.
   */
  answersAfter(error: Error): Promise<boolean> {
    const known = this.#answered.get(error);
    if (known !== undefined) return known;
    this.#looking ??= answers(this.#database).finally(() => {
      this.#looking = null;
    });
    const answered = this.#looking.then((isThere) => {
      if (!isThere) {
        this.#failed = error;
        this.#pages.giveUp();
      }
      return isThere;
    });
    this.#answered.set(error, answered);
    return answered;
  }

  /**
   * What there is of a symbol up to `through`, as much as a room knows by heart: first of those that somebody waits for, as a viewer
   * does and a push does not.
   */
  earlierLife(
    symbol: SymbolName,
    through: Cursor,
    isAwaited?: () => boolean,
  ): Promise<EarlierLife> {
    const read = () => readEarlierLife(this.#database, symbol, through, EARLIER_LIMITS, this);
    return this.#lives.take(read, isAwaited);
  }

  /** The latest trade that is stored up to `through`, in the turns of what rooms begin with: after a wake hundreds may ask. */
  lastTrade(symbol: SymbolName, through: Cursor): Promise<TradeEvent | null> {
    return this.#lives.take(() => readLastTrade(this.#database, symbol, through));
  }
}

/** Whether Postgres answers at all. */
async function answers(database: Database): Promise<boolean> {
  try {
    await database.query("select 1", []);
    return true;
  } catch (error) {
    if (failureOf(error) === null) throw error;
    return false;
  }
}

async function readNearFrames(
  database: Database,
  all: readonly PageAsked[],
): Promise<(FramesAnswer | null)[]> {
  const answers = new Map<PageAsked, FramesAnswer>();
  for (const near of Map.groupBy(all, ({ after }) => Math.floor(after / NEAR_US)).values()) {
    const found = await readFramesOfMany(database, near, PAGE_EVENTS);
    for (const [at, one] of near.entries()) {
      const answer = found?.[at];
      if (answer !== undefined) answers.set(one, answer);
    }
  }
  return all.map((one) => answers.get(one) ?? null);
}

function joined<Asked, Found>(
  read: (asked: readonly Asked[]) => Promise<readonly Found[]>,
): (asked: Asked) => Promise<Found> {
  const commit = async (asked: readonly Asked[]): Promise<Outcome<Found>[]> => {
    try {
      return (await read(asked)).map((found) => ({ found }));
    } catch (error) {
      if (asked.length === 1 || failureOf(error)?.kind === "unavailable") throw error;
      // What is wrong with one of them is no other's.
      const apart: Outcome<Found>[] = [];
      for (const one of asked)
        apart.push(await commit([one]).then(first, (why) => ({ error: why })));
      return apart;
    }
  };
  const group = new GroupCommit({ commit, weigh: () => 1, maxWeight: SYMBOLS_A_QUERY, atOnce: 1 });
  return async (asked) => {
    const outcome = await group.submit(asked);
    if ("error" in outcome) throw outcome.error;
    return outcome.found;
  };
}

function first<Found>([outcome]: readonly Outcome<Found>[]): Outcome<Found> {
  return outcome ?? { error: new Error("there is no answer to the one that was asked") };
}
