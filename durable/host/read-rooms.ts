import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { type SqlPort, textOf } from "../room/sql-port.ts";
import type { RoomId } from "./log/host-log.ts";
import type { RoomRecord } from "./room-record.ts";

/** Some ms: a host that wakes reads one in a turn. */
const ROOMS_A_PAGE = 2_000;

/** Some rooms as they are on disk, those with the lowest ids first. */
export interface RoomsPage {
  records: readonly RoomRecord[];
  /** Of rooms that their symbols had here before they were elsewhere. */
  former: ReadonlySet<RoomId>;
}

type Columns = [
  ids: RoomId[],
  symbols: SymbolName[],
  borns: Cursor[],
  befores: Cursor[],
  flags: number[],
  tenures: number[],
];

const REACHES = 1;
const PLACE = 2;
const LIFE = 4;
const HAS_BOOK = 8;
const SEALED = 16;
const FORMER = 32;

/** Makes the table where there is none. A page follows one that is full, and it may be empty. */
export function* readRooms(sql: SqlPort): Generator<RoomsPage> {
  sql.exec(`CREATE TABLE IF NOT EXISTS rooms (
    id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, born INTEGER NOT NULL, before INTEGER NOT NULL,
    reaches INTEGER NOT NULL, pending INTEGER NOT NULL, has_book INTEGER NOT NULL, sealed INTEGER NOT NULL,
    tenure INTEGER NOT NULL, former INTEGER NOT NULL)`);
  for (let after = 0; ; ) {
    const page = readPage(sql, after);
    yield page;
    if (page.records.length < ROOMS_A_PAGE) return;
    after = page.records.at(-1)?.id ?? after;
  }
}

/** May there be more behind this page? */
export function isFull({ records }: RoomsPage): boolean {
  return records.length === ROOMS_A_PAGE;
}

/** One text of columns: to be handed each row by the platform takes eight times as long, and a list a row twice. */
function readPage(sql: SqlPort, after: number): RoomsPage {
  const [page] = sql.exec(
    `SELECT json_array(
      json_group_array(id), json_group_array(symbol), json_group_array(born), json_group_array(before),
      json_group_array(reaches + 2 * pending + 8 * has_book + 16 * sealed + 32 * former),
      json_group_array(tenure)) AS rooms
    FROM (SELECT * FROM rooms WHERE id > ? ORDER BY id LIMIT ?)`,
    ...[after, ROOMS_A_PAGE],
  );
  const [ids, symbols, borns, befores, allFlags, tenures] = JSON.parse(
    textOf(page?.["rooms"]),
  ) as Columns;
  const former = new Set<RoomId>();
  const records = ids.map((id, at): RoomRecord => {
    const flags = allFlags[at] as number;
    if ((flags & FORMER) !== 0) former.add(id);
    return {
      id,
      symbol: symbols[at] as SymbolName,
      born: borns[at] as Cursor,
      before: befores[at] as Cursor,
      reaches: (flags & REACHES) !== 0,
      pending: (flags & PLACE) !== 0 ? "place" : (flags & LIFE) !== 0 ? "life" : null,
      hasBook: (flags & HAS_BOOK) !== 0,
      isSealed: (flags & SEALED) !== 0,
      tenure: tenures[at] as number,
    };
  });
  return { records, former };
}
