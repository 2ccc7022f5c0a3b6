import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../src/protocol/words/time.ts";
import type { SqlPort } from "../room/sql-port.ts";
import type { RoomId } from "./log/host-log.ts";
import { type RoomsPage, readRooms } from "./read-rooms.ts";
import type { Reach, RoomRecord } from "./room-record.ts";

/** As `readRooms` reads them. */
const PENDING = { place: 1, life: 2 } as const;
/** Names of one statement: a parameter has 2 MB at the most, and a name 200 bytes. */
const ADDED_AT_ONCE = 5_000;

/**
 * The rooms of a host by symbol, one each. A symbol that comes back from another host gets a room anew: what the former one had
 * stays in the log under its own number, and is stored from there.
 *
 * Whoever is in it is known: somebody pushed it, or Postgres had something of it when the host was made. Memory has all of it.
 */
export class Registry {
  readonly #sql: SqlPort;
  readonly #isMine: (symbol: SymbolName) => boolean;
  readonly #rooms = new Map<SymbolName, RoomRecord>();
  /** Ids are numbers one after another. A map of them would have to be made anew now and again while it grows. */
  readonly #byId: (RoomRecord | undefined)[] = [];
  readonly #former = new Map<SymbolName, RoomId[]>();
  #nextId = 1;
  #here = 0;
  /** Rooms that are made now belong to it. */
  tenure = 0;

  /**
   * `isMine`: is the symbol on this host, by its settings? `pages`: what `readRooms` reads; who gives a part of it brings the
   * others by `hold`, before anything else is asked.
   */
  constructor(
    sql: SqlPort,
    isMine: (symbol: SymbolName) => boolean,
    pages: Iterable<RoomsPage> = readRooms(sql),
  ) {
    this.#sql = sql;
    this.#isMine = isMine;
    for (const page of pages) this.hold(page);
  }

  hold({ records, former }: RoomsPage): void {
    for (const record of records) {
      if (former.has(record.id)) this.#holdFormer(record);
      else this.#hold(record);
    }
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Rooms of symbols that are on this host: those that other hosts have, or are about to ask for, are counted there. */
  get here(): number {
    return this.#here;
  }

  find(symbol: SymbolName): RoomRecord | undefined {
    return this.#rooms.get(symbol);
  }

  byId(id: RoomId): RoomRecord {
    const record = this.#byId[id];
    if (record === undefined) throw new Error(`there is no room ${id}`);
    return record;
  }

  /** All of them, in no order. */
  all(): Iterable<RoomRecord> {
    return this.#rooms.values();
  }

  /** Names in order. */
  names(): SymbolName[] {
    return [...this.#rooms.keys()].sort();
  }

  /**
   * A room for a symbol that has none. `pending`: `place` where Postgres may have something of it, null where nothing can have
   * been before.
   */
  add(symbol: SymbolName, born: Cursor, pending: "place" | null): RoomRecord {
    const record = this.#make(symbol, born, pending);
    this.#writeNew([record]);
    return record;
  }

  /**
   * Rooms for symbols that have none, as `add` makes one: a commit over thousands of new symbols has to write them down in few
   * statements, for each is some 20 us whatever it writes.
   */
  addAll(symbols: readonly SymbolName[], born: Cursor, pending: "place" | null): void {
    for (let at = 0; at < symbols.length; at += ADDED_AT_ONCE) {
      const records = symbols
        .slice(at, at + ADDED_AT_ONCE)
        .map((symbol) => this.#make(symbol, born, pending));
      this.#writeNew(records);
    }
  }

  /** A room anew for a symbol that was elsewhere: whatever was before is in Postgres, once it is known of everybody who had it. */
  renew(former: RoomRecord, born: Cursor): RoomRecord {
    this.#setSealed(former, true);
    this.#write(former, true);
    this.#holdFormer(former);
    return this.add(former.symbol, born, "place");
  }

  /** Another host has the symbol now. */
  seal(record: RoomRecord): void {
    this.#setSealed(record, true);
    this.save(record);
  }

  /** The symbol has come back, to the room that it had. */
  unseal(record: RoomRecord): void {
    this.#setSealed(record, false);
    this.save(record);
  }

  /** The rooms that a symbol had here before it was elsewhere. */
  formerOf(symbol: SymbolName): readonly RoomId[] {
    return this.#former.get(symbol) ?? [];
  }

  /** Frames up to `through` of a room are about to be dropped: whoever asks what a former one had is told no less. */
  noteDropped(id: RoomId, through: Cursor): void {
    const record = this.byId(id);
    if (this.find(record.symbol) === record || record.before >= through) return;
    record.before = through;
    this.save(record);
  }

  /** What was about to be dropped up to `through` stays: the room reaches back as far as it `did`. Not where it has learned more meanwhile. */
  noteKept(record: RoomRecord, through: Cursor, did: Reach): void {
    if (record.before > through || record.pending !== did.pending) return;
    record.before = did.before;
    record.reaches = did.reaches;
    this.save(record);
  }

  /** Writes down what has changed of a record. */
  save(record: RoomRecord): void {
    this.#write(record, this.#rooms.get(record.symbol)?.id !== record.id);
  }

  #make(symbol: SymbolName, born: Cursor, pending: "place" | null): RoomRecord {
    const record: RoomRecord = {
      ...{ id: this.#nextId as RoomId, symbol, born, pending, hasBook: false, isSealed: false },
      tenure: this.tenure,
      before: pending === null ? CURSOR_ORIGIN : born,
      reaches: pending === null,
    };
    this.#hold(record);
    return record;
  }

  /** Rooms that were made one after another, alike but for id and symbol. */
  #writeNew(records: readonly RoomRecord[]): void {
    const [first] = records;
    if (first === undefined) return;
    const { id, born, before, reaches, pending, tenure } = first;
    this.#sql.exec(
      `INSERT INTO rooms (id, symbol, born, before, reaches, pending, has_book, sealed, tenure, former)
      SELECT ? + key, value, ?, ?, ?, ?, 0, 0, ?, 0 FROM json_each(?)`,
      ...[id, born, before, Number(reaches), pending === null ? 0 : PENDING[pending], tenure],
      JSON.stringify(records.map(({ symbol }) => symbol)),
    );
  }

  #write(record: RoomRecord, isFormer: boolean): void {
    const { id, symbol, born, before, reaches, pending, hasBook, isSealed, tenure } = record;
    this.#sql.exec(
      "INSERT OR REPLACE INTO rooms (id, symbol, born, before, reaches, pending, has_book, sealed, tenure, former) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[id, symbol, born, before, Number(reaches)],
      ...[
        pending === null ? 0 : PENDING[pending],
        Number(hasBook),
        Number(isSealed),
        tenure,
        Number(isFormer),
      ],
    );
  }

  #setSealed(record: RoomRecord, isSealed: boolean): void {
    if (record.isSealed === isSealed) return;
    const writable: { isSealed: boolean } = record;
    writable.isSealed = isSealed;
    if (this.#isMine(record.symbol)) this.#here += isSealed ? -1 : 1;
  }

  #holdFormer(record: RoomRecord): void {
    this.#former.set(record.symbol, [...this.formerOf(record.symbol), record.id]);
    this.#byId[record.id] = record;
    this.#nextId = Math.max(this.#nextId, record.id + 1);
  }

  #hold(record: RoomRecord): void {
    if (!record.isSealed && this.#isMine(record.symbol)) this.#here += 1;
    this.#rooms.set(record.symbol, record);
    this.#byId[record.id] = record;
    this.#nextId = Math.max(this.#nextId, record.id + 1);
  }
}
