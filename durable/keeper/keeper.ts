import { DurableObject } from "cloudflare:workers";
import type { AlertCatalog, KeptRule, RulePut, RulesSet } from "../../src/bindings/alerts.ts";
import type { Env } from "../../src/bindings/env.ts";
import type { KeeperCalls } from "../../src/bindings/keeper.ts";
import { hostAt } from "../../src/bindings/objects.ts";
import { type Config, configOf } from "../../src/config.ts";
import { encodeFrames } from "../../src/core/events/encode-events.ts";
import { fullJitterMs } from "../../src/core/limits/backoff.ts";
import { type HostName, hostOf, type Placement } from "../../src/core/placement/placement.ts";
import { type Database, openDatabase } from "../../src/db/driver/database.ts";
import { failureOf, lineOf } from "../../src/db/driver/database-error.ts";
import { readIdentity } from "../../src/db/driver/identity.ts";
import type { DatabaseMode } from "../../src/db/driver/mode.ts";
import { readSymbolNames } from "../../src/db/events/read-symbol-names.ts";
import { setCompression } from "../../src/db/upkeep/compression.ts";
import { writeReplacement } from "../../src/db/upkeep/database-identity.ts";
import { ping } from "../../src/db/upkeep/ping.ts";
import { readMemory } from "../../src/db/upkeep/read-memory.ts";
import { retainAlerts } from "../../src/db/upkeep/retain-alerts.ts";
import { retainLogs } from "../../src/db/upkeep/retain-logs.ts";
import { retain } from "../../src/db/upkeep/retention.ts";
import { rollupsOf } from "../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark } from "../../src/db/upkeep/tape-state.ts";
import type { AlertRule } from "../../src/protocol/alerts/rule.ts";
import type { MetricEvent } from "../../src/protocol/events/event.ts";
import { SYSTEM_SYMBOL } from "../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import { type Logger, logOf } from "../../src/telemetry/log.ts";
import { countDatabaseError, keeperState, metrics } from "../../src/telemetry/metrics.ts";
import { Clock } from "../clock.ts";
import { ObjectAlarm } from "../object-alarm.ts";
import { AlertRules } from "./alert-rules.ts";
import { gaugesOf } from "./gauges.ts";
import { RollupKeeping } from "./keep-rollups.ts";
import { alarmAfterStore } from "./notice.ts";
import { OwnHosts } from "./own-hosts.ts";
import { Placements, textOfPlacement } from "./placements.ts";
import { type KnownDatabase, ReplacedDatabase } from "./replaced-database.ts";

/** Between two steps others get at the database, in ms. */
const PAUSE_MS = 2;
/** Where there is more to do the next turn begins so soon. */
const BEHIND_MS = 50;
/** Retention and size are looked after this often. */
const UPKEEP_MS = 600_000;
/** And so often where nobody stores anything: what is old goes all the same. */
const IDLE_MS = 86_400_000;
/** Where the time of the last upkeep is kept. */
const UPKEEP_KEY = "upkeep_at_ms";
/** Whoever puts a rule waits so long for hosts to hear of it; and after so long they are told again, in ms. */
const TOLD_WITHIN_MS = 5_000;
const BACKOFF = { baseMs: 500, capMs: 30_000 };

/**
 * The Durable Object that keeps the memory: rollups, retention, size. One for all shards, woken by alarms alone, which
 * survive whatever ends it; while nobody stores anything it sleeps, but for once a day. What it knows is in Postgres, but for
 * which database that is and when it last looked after retention and size.
 */
export class Keeper extends DurableObject<Env> implements KeeperCalls {
  readonly #config: Config = configOf(this.env);
  readonly #logger: Logger = logOf("keeper", this.#config);
  readonly #database: Database = openDatabase({
    url: this.#config.DATABASE_URL,
    endpoint: this.#config.DATABASE_ENDPOINT,
    use: "keeper",
    timeoutMs: 60_000,
  });
  #keeping: { mode: DatabaseMode; rollups: RollupKeeping } | null = null;
  readonly #clock = new Clock();
  readonly #alarm = new ObjectAlarm(this.ctx.storage);
  readonly #placements = new Placements(this.ctx.storage.sql);
  readonly #ownHosts = new OwnHosts({
    placements: this.#placements,
    placement: this.#config,
    readStored: () => readSymbolNames(this.#database),
    namesAfter: (host, name, most) => hostAt(this.env, host).namesAfter(name, most),
    nowMs: this.#clock.nowMs,
    failed: (error) => {
      const { level, fields } = lineOf(error);
      this.#logger[level]("hosts_not_learned", fields);
    },
  });
  readonly #databases = new ReplacedDatabase({
    load: () => this.ctx.storage.get<KnownDatabase>("database"),
    save: (known) => this.ctx.storage.put("database", known),
    hosts: async () => this.#placements.allHosts(this.#config),
    meet: (host, identity) => hostAt(this.env, host).meetDatabase(identity),
    note: (identity, replacement) => writeReplacement(this.#database, identity, replacement),
    replaced: (replacement) =>
      this.#logger.warn("database_replaced", {
        ...replacement,
        help: "another database has taken the place of the one of before: rooms store again what they hold",
      }),
    nowUs: this.#clock.nowUs,
  });
  readonly #alertRules = new AlertRules({
    sql: this.ctx.storage.sql,
    limit: this.#config.LIMIT_ALERT_RULES,
    hosts: () => this.#placements.hostsOf(this.#config),
    placement: () => textOfPlacement(this.#config),
    tell: (host, catalog) => hostAt(this.env, host).takeRules(catalog),
    nowUs: this.#clock.nowUs,
    failed: (host, error) =>
      this.#logger.warn("alert_rules_not_told", { host, detail: String(error) }),
  });
  /** Undefined until it is read: this object is made anew for nearly every alarm of a tape on Cloudflare. */
  #upkeepAtMs: number | undefined;
  #failures = 0;

  async stored(isLate: boolean): Promise<number> {
    const alarmMs = await this.#alarm.read();
    const wantedMs = alarmAfterStore(this.#clock.nowMs(), isLate, alarmMs);
    if (wantedMs !== alarmMs) await this.#alarm.set(wantedMs);
    return wantedMs;
  }

  databaseIs(identity: string): void {
    this.ctx.waitUntil(
      this.#databases
        .hear(identity)
        .catch((error: unknown) => this.#logger.warn("rooms_not_asked", { detail: String(error) })),
    );
  }

  async hosts(): Promise<HostName[]> {
    await this.#ownHosts.learn();
    return this.#placements.hostsOf(this.#config);
  }

  async hostsEver(): Promise<HostName[]> {
    await this.#ownHosts.learn();
    return this.#placements.allHosts(this.#config);
  }

  announce(host: HostName | null, placement: Placement): { earlier: Placement[] } {
    const answer = this.#placements.announce(host, placement);
    // Whoever has got symbols hears of their rules before long, though the alarm is some time away.
    if (!this.#alertRules.isPlaced) this.ctx.waitUntil(this.#bringRules());
    return answer;
  }

  ownHostsAfter(host: HostName | "", most: number): HostName[] {
    return this.#placements.ownHostsAfter(host, most);
  }

  keptRules(): KeptRule[] {
    return this.#alertRules.all;
  }

  keptRule(name: string): KeptRule | null {
    return this.#alertRules.find(name);
  }

  alertRules(host: HostName): AlertCatalog {
    this.#placements.addOwnHosts([host]);
    return this.#alertRules.catalogOf(host);
  }

  async putRule(rule: AlertRule): Promise<RulePut> {
    const put = this.#alertRules.put(rule);
    if (put === null) return { kind: "full", most: this.#config.LIMIT_ALERT_RULES };
    return { kind: "put", ...put, waiting: await this.#tellRules() };
  }

  async setRules(
    rules: readonly AlertRule[],
    granted: readonly string[] | null,
  ): Promise<RulesSet & { waiting: number }> {
    const set = this.#alertRules.setAll(rules, granted);
    return { ...set, waiting: set.kind === "set" ? await this.#tellRules() : 0 };
  }

  async removeRule(name: string): Promise<boolean> {
    const isRemoved = this.#alertRules.remove(name);
    if (isRemoved) await this.#tellRules();
    return isRemoved;
  }

  /** Gives how many hosts have not heard yet: they will. */
  async #tellRules(): Promise<number> {
    const push = this.#alertRules.push();
    this.ctx.waitUntil(push);
    await this.#clock.within(push, TOLD_WITHIN_MS);
    const { waiting } = this.#alertRules;
    if (waiting > 0) await this.#again(TOLD_WITHIN_MS);
    return waiting;
  }

  /** Hosts of other settings hear of the rules, though nobody asks them for anything. */
  async #placeRules(): Promise<void> {
    if (this.#alertRules.isPlaced || !(await this.#ownHosts.learn())) return;
    this.#alertRules.placed();
  }

  async #bringRules(): Promise<void> {
    await this.#placeRules();
    if (this.#alertRules.waiting > 0) await this.#tellRules();
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.wentOff(info);
    metrics.alarms.add(1, { object: "keeper" });
    await this.#bringRules();
    try {
      const { mode, rollups } = await this.#open();
      this.databaseIs(await readIdentity(this.#database));
      const outcome = await rollups.turn();
      this.#measure(rollups.rolledThroughUs, outcome === "behind");
      if (await this.#isUpkeepDue()) await this.#upkeep(mode);
      this.#failures = 0;
      await this.#again(outcome === "behind" ? BEHIND_MS : IDLE_MS);
    } catch (error) {
      keeperState.isBehind = true;
      countDatabaseError("keeper", failureOf(error));
      // Not thrown on: the platform gives up on an alarm after six attempts.
      const { level, fields } = lineOf(error);
      this.#logger[level]("keeping_failed", fields);
      await this.#again(fullJitterMs(this.#failures, BACKOFF, Math.random));
      this.#failures += 1;
      this.#keeping = null;
    }
  }

  async #open(): Promise<{ mode: DatabaseMode; rollups: RollupKeeping }> {
    if (this.#keeping === null) {
      const db = this.#database;
      const { mode, bytes } = await ping(db);
      keeperState.databaseBytes = bytes;
      const rollups = new RollupKeeping({
        rollups: rollupsOf(mode, db),
        advanceWatermark: (throughUs, mostUs) => advanceWatermark(db, throughUs, mostUs),
        nowUs: this.#clock.nowUs,
        pause: () => this.#clock.wait(PAUSE_MS),
      });
      this.#keeping = { mode, rollups };
    }
    return this.#keeping;
  }

  #measure(rolledThroughUs: EpochUs | null, isBehind: boolean): void {
    const lagS = rolledThroughUs === null ? 0 : (this.#clock.nowUs() - rolledThroughUs) / 1e6;
    // Upkeep counts them, which is minutes ago: whoever is not behind has left none.
    const staleHours = isBehind ? keeperState.staleHours : 0;
    Object.assign(keeperState, { rolledThroughUs, isBehind, lagS, staleHours });
  }

  async #isUpkeepDue(): Promise<boolean> {
    this.#upkeepAtMs ??= await this.ctx.storage.get<number>(UPKEEP_KEY);
    const sinceMs = this.#clock.nowMs() - (this.#upkeepAtMs ?? Number.NEGATIVE_INFINITY);
    // Less than nothing where the clock was turned back.
    return sinceMs < 0 || sinceMs >= UPKEEP_MS;
  }

  /** An earlier alarm, set by a store meanwhile, stays. */
  async #again(afterMs: number): Promise<void> {
    const alarmMs = await this.#alarm.read();
    const wantedMs = this.#clock.nowMs() + afterMs;
    if (alarmMs === null || wantedMs < alarmMs) await this.#alarm.set(wantedMs);
  }

  async #upkeep(mode: DatabaseMode): Promise<void> {
    const { KEEP_RAW_DAYS, KEEP_MINUTES_DAYS, KEEP_LOG_DAYS, KEEP_ALERT_DAYS } = this.#config;
    const { COMPRESS_AFTER_DAYS, LIMIT_DATABASE_BYTES } = this.#config;
    const days = { rawDays: KEEP_RAW_DAYS, minutesDays: KEEP_MINUTES_DAYS };
    const report = {
      ...(await retain(this.#database, this.#clock.nowUs(), days)),
      ...(await retainLogs(this.#database, this.#clock.nowUs(), KEEP_LOG_DAYS)),
      ...(await retainAlerts(this.#database, this.#clock.nowUs(), KEEP_ALERT_DAYS)),
    };
    if (mode === "timescale") await setCompression(this.#database, COMPRESS_AFTER_DAYS);
    const { bytes } = await ping(this.#database);
    const memory = await readMemory(this.#database);
    const { points, trades, posted } = memory.staleHours;
    Object.assign(keeperState, { databaseBytes: bytes, staleHours: points + trades + posted });
    await this.#publish(gaugesOf(bytes, memory, this.#clock.nowUs()));
    this.#logger.info("upkeep", { ...report, mode, database_bytes: bytes });
    if (LIMIT_DATABASE_BYTES > 0 && bytes > LIMIT_DATABASE_BYTES) {
      this.#logger.warn("database_over_limit", {
        database_bytes: bytes,
        limit_bytes: LIMIT_DATABASE_BYTES,
        help: "keep less (KEEP_RAW_DAYS, KEEP_MINUTES_DAYS, KEEP_LOG_DAYS), or raise LIMIT_DATABASE_BYTES",
      });
    }
    this.#upkeepAtMs = this.#clock.nowMs();
    await this.ctx.storage.put(UPKEEP_KEY, this.#upkeepAtMs);
  }

  async #publish(events: readonly MetricEvent[]): Promise<void> {
    const host = hostOf(SYSTEM_SYMBOL, this.#config);
    const frames = encodeFrames(events);
    await hostAt(this.env, host).append({
      rooms: [{ symbol: SYSTEM_SYMBOL, frames }],
      ...{ holder: "keeper", correlationId: "keeper" },
    });
  }
}
