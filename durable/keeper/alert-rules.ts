import type { AlertCatalog, KeptRule } from "../../src/bindings/alerts.ts";
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
  }

  /** All of them, by name. */
  get all(): KeptRule[] {
    const rows = this.#deps.sql.exec("SELECT rule, set_us FROM alert_rules ORDER BY name");
    return [...rows].map((row) => ({
      rule: JSON.parse(textOf(row["rule"])) as AlertRule,
      setAtUs: numberOf(row["set_us"]),
    }));
  }

  /** How many hosts have not heard of the newest rules. */
  get waiting(): number {
    const [row] = this.#deps.sql.exec("SELECT count(*) AS waiting FROM alert_waiting");
    return numberOf(row?.["waiting"] ?? 0);
  }

  find(name: string): KeptRule | null {
    const [row] = this.#deps.sql.exec("SELECT rule, set_us FROM alert_rules WHERE name = ?", name);
    if (row === undefined) return null;
    return {
      rule: JSON.parse(textOf(row["rule"])) as AlertRule,
      setAtUs: numberOf(row["set_us"]),
    };
  }

  /** Null where there is no place for another one. */
  put(rule: AlertRule): { isNew: boolean; kept: KeptRule } | null {
    const { sql, limit, nowUs } = this.#deps;
    const known = this.find(rule.name);
    if (known === null && limit > 0 && this.#count >= limit) return null;
    const text = JSON.stringify(rule);
    if (known !== null && JSON.stringify(known.rule) === text) return { isNew: false, kept: known };
    const setAtUs = nowUs();
    sql.exec(
      "INSERT OR REPLACE INTO alert_rules (name, rule, set_us) VALUES (?, ?, ?)",
      ...[rule.name, text, setAtUs],
    );
    this.#changed([rule, ...(known === null ? [] : [known.rule])]);
    return { isNew: known === null, kept: { rule, setAtUs } };
  }

  /** False where there is none. */
  remove(name: string): boolean {
    const known = this.find(name);
    if (known === null) return false;
    this.#deps.sql.exec("DELETE FROM alert_rules WHERE name = ?", name);
    this.#changed([known.rule]);
    return true;
  }

  /** Have the hosts of this placement been told, or do they wait to be? */
  isPlaced(placement: string): boolean {
    const [row] = this.#deps.sql.exec("SELECT placement FROM alert_placement");
    return row?.["placement"] === placement;
  }

  /**
   * Symbols are where this placement says, and every host is told: nobody else may ask one that has got symbols whose feeds are
   * silent.
   */
  placed(placement: string): void {
    const { sql } = this.#deps;
    sql.exec("INSERT OR REPLACE INTO alert_placement (id, placement) VALUES (1, ?)", placement);
    this.#mustHear(this.all.map(({ rule }) => rule));
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

  /** Tells those that have not heard. Who cannot be told is told the next time. */
  async push(): Promise<void> {
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

  get #count(): number {
    const [row] = this.#deps.sql.exec("SELECT count(*) AS rules FROM alert_rules");
    return numberOf(row?.["rules"] ?? 0);
  }

  get #version(): number {
    const [row] = this.#deps.sql.exec("SELECT version FROM alert_version");
    return numberOf(row?.["version"] ?? 0);
  }

  #changed(rules: readonly AlertRule[]): void {
    const { sql } = this.#deps;
    sql.exec("INSERT OR REPLACE INTO alert_version (id, version) VALUES (1, ?)", this.#version + 1);
    this.#mustHear(rules);
  }

  /** The hosts that these rules are for. */
  #mustHear(rules: readonly AlertRule[]): void {
    if (rules.length === 0) return;
    const { sql, hosts } = this.#deps;
    for (const host of hosts()) {
      const symbol = symbolOf(host);
      if (symbol !== null && !rules.some(({ symbols }) => matchesGlob(symbols, symbol))) continue;
      sql.exec("INSERT OR IGNORE INTO alert_waiting (host) VALUES (?)", host);
    }
  }
}
