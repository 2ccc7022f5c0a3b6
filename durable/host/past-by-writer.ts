import type { Answered, PastCalls } from "../../src/bindings/writer.ts";
import type { ImportedPrice } from "../../src/db/bars/read-imported-prices.ts";
import { DatabaseError } from "../../src/db/driver/database-error.ts";
import type { EarlierLife } from "../../src/db/events/read-earlier-life.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { RoomArchive } from "../room/room-ports.ts";
import type { HostPorts } from "./host-ports.ts";

type Prices = Map<SymbolName, ImportedPrice>;

/** What a host asks of its past. */
type Past = Pick<HostPorts, "names" | "archiveOf">;

/**
 * The past of a host of one symbol, asked by way of its Writer, which asks for many such hosts together. Where the Writer cannot be
 * asked, as one of a version before, the host asks for itself.
 */
export function pastByWriter(writer: () => PastCalls, direct: Past): Past {
  const ask = async <Found>(
    byWriter: (calls: PastCalls) => Promise<Answered<Found>>,
    itself: () => Promise<Found>,
  ): Promise<Found> => {
    const answer = await byWriter(writer()).catch(() => null);
    if (answer === null) return itself();
    if ("found" in answer) return answer.found;
    const { message, ...rest } = answer.failed;
    throw new DatabaseError(Object.assign(new Error(message), rest));
  };
  const { names } = direct;
  return {
    names: {
      ...names,
      find: (symbols) =>
        ask<readonly SymbolName[]>(
          (calls) => calls.findNames(symbols),
          () => names.find(symbols),
        ),
      readPrices: (symbols) =>
        ask(
          async (calls) =>
            parsed<Prices>(await calls.readPrices(symbols), (text) => new Map(JSON.parse(text))),
          async () => new Map(await names.readPrices(symbols)),
        ),
    },
    archiveOf: (symbol): RoomArchive => {
      const archive = direct.archiveOf(symbol);
      return {
        ...archive,
        readNewestCursor: (after) =>
          ask(
            (calls) => calls.readNewestCursor(symbol, after),
            () => archive.readNewestCursor(after),
          ),
        readEarlierLife: (through) =>
          ask(
            async (calls) =>
              parsed<EarlierLife>(await calls.readEarlierLife(symbol, through), JSON.parse),
            () => archive.readEarlierLife(through),
          ),
      };
    },
  };
}

function parsed<Found>(answer: Answered<string>, parse: (text: string) => Found): Answered<Found> {
  return "found" in answer ? { found: parse(answer.found) } : answer;
}
