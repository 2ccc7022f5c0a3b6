import type { AlertCatalog, KeptRule, RulesSet } from "../../src/bindings/alerts.ts";
import { coversRule, ordered } from "../../src/core/alerts/rule-identity.ts";
import { fewAtOnce } from "../../src/core/limits/few-at-once.ts";
import { matchesGlob } from "../../src/core/placement/glob.ts";
import { type HostName, symbolOf } from "../../src/core/placement/placement.ts";
import type { AlertRule } from "../../src/protocol/alerts/rule.ts";
import { numberOf, type SqlPort, textOf } from "../room/sql-port.ts";

/** Hosts that are told at once. */
const HOSTS_AT_ONCE = 32;

export interface AlertRulesDeps {
  sql: SqlPort;
  /** Most rules there may be; 0: any number. */
  limit: number;
  /** Every host that something is on now. */
  hosts(): HostName[];
  /** Names the settings by which those are they. */
  placement(): string;
  /** Rejects where the host cannot be told now. */
  tell(host: HostName, catalog: AlertCatalog): Promise<void>;
  nowUs(): number;
  failed(host: HostName, error: unknown): void;
}

/**
 * The rules of alerts: the one place that has them all. Hosts have copies, and are told of changes until they have heard; so neither
 * Postgres nor this is asked for a push.
 */
export class AlertRules {
  readonly #deps: AlertRulesDeps;
  /** As they are on disk. */
  readonly #kept = new Map<string, KeptRule>();
  #telling: Promise<void> = Promise.resolve();
  /** The telling behind that, which all wait for who have come meanwhile. */
  #next: Promise<void> | null = null;

  constructor(deps: AlertRulesDeps) {
    this.#deps = deps;
    const { sql } = deps;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS alert_rules (name TEXT PRIMARY KEY, rule TEXT NOT NULL, set_us INTEGER NOT NULL)",
    );
    sql.exec("CREATE TABLE IF NOT EXISTS alert_version (id INTEGER PRIMARY KEY, version INTEGER)");
    sql.exec("CREATE TABLE IF NOT EXISTS alert_placement (id INTEGER PRIMARY KEY, placement TEXT)");
    // Hosts that have not heard of the newest rules.
    sql.exec("CREATE TABLE IF NOT EXISTS alert_waiting (host TEXT PRIMARY KEY) WITHOUT ROWID");
    for (const row of sql.exec("SELECT rule, set_us FROM alert_rules")) {
      const rule = JSON.parse(textOf(row["rule"])) as AlertRule;
      this.#kept.set(rule.name, { rule, setAtUs: numberOf(row["set_us"]) });
    }
  }

  /** All of them, by name. */
  get all(): KeptRule[] {
    return [...this.#kept.values()].sort((a, b) => (a.rule.name < b.rule.name ? -1 : 1));
  }

  /** How many hosts have not heard of the newest rules. */
  get waiting(): number {
    const [row] = this.#deps.sql.exec("SELECT count(*) AS waiting FROM alert_waiting");
    return numberOf(row?.["waiting"] ?? 0);
  }

  find(name: string): KeptRule | null {
    return this.#kept.get(name) ?? null;
  }

  /** Null where there is no place for another one. */
  put(rule: AlertRule): { isNew: boolean; kept: KeptRule } | null {
    const known = this.find(rule.name);
    if (known === null && this.#isOver(this.#kept.size + 1)) return null;
    if (isSame(known, rule)) return { isNew: false, kept: known };
    this.#write([rule], []);
    return { isNew: known === null, kept: this.#kept.get(rule.name) as KeptRule };
  }

  /** False where there is none. */
  remove(name: string): boolean {
    if (!this.#kept.has(name)) return false;
    this.#write([], [name]);
    return true;
  }

  /**
   * Of those that `granted` covers these are all there are, from now on; null is for every symbol. Others stay, and their names are
   * `taken`. `rules`: each name once, all of them covered.
   */
  setAll(rules: readonly AlertRule[], granted: readonly string[] | null): RulesSet {
    const names = new Set(rules.map(({ name }) => name));
    const covered = this.all.filter(({ rule }) => coversRule(granted, rule));
    const mine = new Set(covered.map(({ rule }) => rule.name));
    const taken = [...names].filter((name) => this.#kept.has(name) && !mine.has(name));
    if (taken.length > 0) return { kind: "taken", names: taken };
    const count = this.#kept.size - mine.size + names.size;
    if (this.#isOver(count)) return { kind: "full", most: this.#deps.limit };
    const made = rules.filter(({ name }) => !mine.has(name));
    const changed = rules.filter(
      (rule) => mine.has(rule.name) && !isSame(this.find(rule.name), rule),
    );
    const deleted = [...mine].filter((name) => !names.has(name));
    if (made.length + changed.length + deleted.length > 0)
      this.#write([...made, ...changed], deleted);
    const touched = new Set([...made, ...changed].map(({ name }) => name));
    return {
      ...{ kind: "set", made: namesOf(made), changed: namesOf(changed), deleted },
      unchanged: [...names].filter((name) => !touched.has(name)).sort(),
    };
  }

  /** Have the hosts of the settings of now been told of the newest rules, or do they wait to be? */
  get isPlaced(): boolean {
    const [row] = this.#deps.sql.exec("SELECT placement FROM alert_placement");
    return row?.["placement"] === this.#deps.placement();
  }

  /**
   * Symbols are where the settings of now say, and every host is told: nobody else may ask one that has got symbols whose feeds are
   * silent. One that was left out by the settings of before may have rules that are gone.
   */
  placed(): void {
    const { sql, placement, hosts } = this.#deps;
    sql.exec("INSERT OR REPLACE INTO alert_placement (id, placement) VALUES (1, ?)", placement());
    if (this.#version > 0) this.#mustHear(hosts());
  }

  /** What a host has to know. */
  catalogOf(host: HostName): AlertCatalog {
    const symbol = symbolOf(host);
    const rules = this.all.map(({ rule }) => rule);
    return {
      version: this.#version,
      rules: symbol === null ? rules : rules.filter(({ symbols }) => matchesGlob(symbols, symbol)),
    };
  }

  /**
   * Tells those that have not heard. Who cannot be told is told the next time. All that is changed while others are being told is told
   * together.
   */
  push(): Promise<void> {
    this.#next ??= this.#telling
      .catch(() => undefined)
      .then(() => {
        this.#telling = this.#next ?? Promise.resolve();
        this.#next = null;
        return this.#tell();
      });
    return this.#next;
  }

  async #tell(): Promise<void> {
    const { sql, tell, failed } = this.#deps;
    const rows = [...sql.exec("SELECT host FROM alert_waiting")];
    const hosts = rows.map(({ host }) => textOf(host) as HostName);
    await fewAtOnce(
      hosts,
      async (host) => {
        const catalog = this.catalogOf(host);
        try {
          await tell(host, catalog);
        } catch (error) {
          failed(host, error);
          return;
        }
        if (catalog.version === this.#version) {
          sql.exec("DELETE FROM alert_waiting WHERE host = ?", host);
        }
      },
      HOSTS_AT_ONCE,
    );
  }

  #isOver(count: number): boolean {
    const { limit } = this.#deps;
    return limit > 0 && count > limit && count > this.#kept.size;
  }

  get #version(): number {
    const [row] = this.#deps.sql.exec("SELECT version FROM alert_version");
    return numberOf(row?.["version"] ?? 0);
  }

  /** One statement for all that are new or others, and one for all that go. */
  #write(puts: readonly AlertRule[], gone: readonly string[]): void {
    const rules = puts.map(ordered);
    const { sql, nowUs } = this.#deps;
    const setAtUs = nowUs();
    const names = [...namesOf(rules), ...gone];
    const before = names.flatMap((name) => this.find(name)?.rule ?? []);
    sql.exec(
      "DELETE FROM alert_rules WHERE name IN (SELECT value FROM json_each(?))",
      JSON.stringify(gone),
    );
    sql.exec(
      `INSERT OR REPLACE INTO alert_rules (name, rule, set_us)
       SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), ? FROM json_each(?)`,
      ...[setAtUs, JSON.stringify(rules.map((rule) => [rule.name, JSON.stringify(rule)]))],
    );
    for (const name of gone) this.#kept.delete(name);
    for (const rule of rules) this.#kept.set(rule.name, { rule, setAtUs });
    sql.exec("INSERT OR REPLACE INTO alert_version (id, version) VALUES (1, ?)", this.#version + 1);
    // Hosts of other settings do not hear of this: when those come back they are to be told.
    if (!this.isPlaced) sql.exec("DELETE FROM alert_placement");
    const concerned = [...rules, ...before];
    this.#mustHear(
      this.#deps.hosts().filter((host) => {
        const symbol = symbolOf(host);
        return symbol === null || concerned.some(({ symbols }) => matchesGlob(symbols, symbol));
      }),
    );
  }

  #mustHear(hosts: readonly HostName[]): void {
    for (const host of hosts) {
      this.#deps.sql.exec("INSERT OR IGNORE INTO alert_waiting (host) VALUES (?)", host);
    }
  }
}

function isSame(known: KeptRule | null, rule: AlertRule): known is KeptRule {
  return known !== null && JSON.stringify(ordered(known.rule)) === JSON.stringify(ordered(rule));
}

function namesOf(rules: readonly AlertRule[]): string[] {
  return rules.map(({ name }) => name).sort();
}
