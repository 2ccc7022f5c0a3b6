import { Channels } from "../../src/core/streams/channels.ts";
import { partsAround } from "../../src/protocol/events/frame.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";

/** Makes what a room says to its viewers what a stream is told. */
export interface RoomReader {
  /** Null: nothing of it is for the stream. */
  read(symbol: SymbolName, text: string): string | null;
}

void Channels;
void partsAround;

export function readerOf(_channels: readonly string[] | null): RoomReader {
  return ALL;
}

/** A room's message is the same text for everybody: with its symbol it is made once for those who come one after another. */
class WithSymbol implements RoomReader {
  #text = "";
  #symbol: SymbolName | "" = "";
  #told = "";

  read(symbol: SymbolName, text: string): string {
    if (text !== this.#text || symbol !== this.#symbol) {
      this.#text = text;
      this.#symbol = symbol;
      this.#told = `{"symbol":${JSON.stringify(symbol)},${text.slice(1)}`;
    }
    return this.#told;
  }
}

const ALL = new WithSymbol();
