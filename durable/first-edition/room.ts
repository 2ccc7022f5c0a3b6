import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import type { FirstRoomCalls, RememberedKey } from "../../src/bindings/first-edition.ts";
import type { HandedOver } from "../../src/bindings/host.ts";
import { writerAt } from "../../src/bindings/objects.ts";
import { configOf } from "../../src/config.ts";
import { writerShardOf } from "../../src/core/placement/writer-shard.ts";
import { nowUs } from "../../src/core/time/wall-clock.ts";
import { openDatabase } from "../../src/db/driver/database.ts";
import { lineOf } from "../../src/db/driver/database-error.ts";
import { readNewestCursor } from "../../src/db/events/read-earlier-life.ts";
import { logOf } from "../../src/telemetry/log.ts";
import { FirstRoom } from "./first-room.ts";

const DATABASE_TIMEOUT_MS = 10_000;
/** What could not be stored is tried again after so long, whether or not anybody asks. */
const AGAIN_MS = 15_000;

/**
 * The Durable Object of one symbol in the first edition. It hands over what it has, and then it is empty. Its alarm, which was set
 * when it still took events, drains it too, so what it acknowledged ends in Postgres whoever asks for it or not (INV-1).
 */
export class Room extends DurableObject<Env> implements FirstRoomCalls {
  readonly #config = configOf(this.env);
  readonly #logger = logOf("room", this.#config);
  readonly #room = new FirstRoom({
    sql: this.ctx.storage.sql,
    writer: {
      store: (request) => this.#writer().store(request),
      identity: () => this.#writer().identity(),
    },
    readNewestCursor: (symbol, after) => {
      const { DATABASE_URL: url, DATABASE_ENDPOINT: endpoint } = this.#config;
      const db = openDatabase({ url, endpoint, timeoutMs: DATABASE_TIMEOUT_MS });
      return readNewestCursor(db, symbol, after);
    },
    nowUs,
    failed: (error) => {
      const { level, fields } = lineOf(error);
      this.#logger[level]("first_room_not_stored", { symbol: this.#room.symbol ?? "", ...fields });
    },
  });

  handOver(): Promise<HandedOver> {
    return this.#room.handOver();
  }

  keysAfter(key: string, most: number): RememberedKey[] {
    return this.#room.keysAfter(key, most);
  }

  async letGo(): Promise<void> {
    const { storage } = this.ctx;
    if (this.#room.mustStay) {
      await storage.setAlarm(Date.now() + AGAIN_MS);
    } else {
      await storage.deleteAlarm();
      await storage.deleteAll();
    }
    // Its files are closed at once: thousands of rooms are let go of in a minute, and each would hold three for ten seconds.
    this.ctx.waitUntil(
      scheduler.wait(0).then(() => this.ctx.abort("the room has been handed over")),
    );
  }

  override async alarm(): Promise<void> {
    const { kind } = await this.#room.handOver();
    if (kind === "not_yet" || this.#room.mustStay) {
      await this.ctx.storage.setAlarm(Date.now() + AGAIN_MS);
    }
  }

  #writer() {
    const shard = writerShardOf(this.#room.lane, this.#config.WRITER_SHARDS);
    return writerAt(this.env, shard);
  }
}
