import { describe, expect, it } from "vitest";
import { Backlog } from "../../../durable/writer/backlog.ts";
import type { StoreRequest } from "../../../src/bindings/writer.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

const S = 1_000_000;
const STORED = { kind: "stored", identity: null } as const;
const AWAY = { kind: "unavailable" } as const;

function part(
  host: string,
  acknowledgedS: number,
  outboxBytes = 100,
  lane: StoreRequest["lane"] = "outbox",
): StoreRequest {
  const roomOf = (name: string, seconds: number) => ({
    symbol: name as SymbolName,
    frames: [{ cursor: (seconds * S) as Cursor, text: "" }],
  });
  return {
    ...{ host: host as HostName, lane, correlationIds: [], outboxBytes, roomsWaiting: 2 },
    // What was acknowledged first need not stand first.
    rooms: [roomOf("X", acknowledgedS + 1), roomOf("Y", acknowledgedS)],
  };
}

const at = (seconds: number) => (seconds * S) as EpochUs;

describe("L-24 a backlog", () => {
  it("is what waits for longer than 30 s, under way or come back, until it is stored", () => {
    const backlog = new Backlog(0);
    const first = part("A", 10);
    const second = part("B", 20);
    backlog.handedOver(first);
    backlog.handedOver(second);
    expect(backlog.report(at(39))).toBeNull();
    expect(backlog.report(at(40))).toEqual({ rooms: 4, bytes: 200, oldestUs: at(10) });
    backlog.ended(first, AWAY, at(50));
    expect(backlog.report(at(41))).toEqual({ rooms: 4, bytes: 200, oldestUs: at(10) });
    const again = part("A", 10, 300);
    backlog.handedOver(again);
    expect(backlog.report(at(42))).toEqual({ rooms: 4, bytes: 400, oldestUs: at(10) });
    backlog.ended(again, STORED, at(50));
    expect(backlog.report(at(42))).toBeNull();
    expect(backlog.report(at(50))).toEqual({ rooms: 2, bytes: 100, oldestUs: at(20) });
    backlog.ended(second, STORED, at(50));
    expect(backlog.report(at(500))).toBeNull();
  });

  it("is there at once after a start with old outboxes", () => {
    const backlog = new Backlog(0);
    backlog.handedOver(part("A", 10));
    expect(backlog.report(at(10_000))).toMatchObject({ rooms: 2 });
  });

  it("is an outbox that has filled a quarter of its limit, however young", () => {
    const backlog = new Backlog(1_000);
    backlog.handedOver(part("A", 10, 249));
    expect(backlog.report(at(11))).toBeNull();
    backlog.handedOver(part("B", 10, 250));
    expect(backlog.report(at(11))).toMatchObject({ rooms: 4, bytes: 499 });
  });

  it("is what a host holds back, however well the rest of it goes", () => {
    const backlog = new Backlog(0);
    const heldBack = part("A", 10, 300, "held_back");
    backlog.handedOver(heldBack);
    backlog.ended(heldBack, AWAY, at(50));
    const rest = part("A", 49);
    backlog.handedOver(rest);
    expect(backlog.report(at(50))).toEqual({ rooms: 4, bytes: 400, oldestUs: at(10) });
    backlog.ended(rest, STORED, at(50));
    expect(backlog.report(at(50))).toEqual({ rooms: 2, bytes: 300, oldestUs: at(10) });
    backlog.handedOver(heldBack);
    backlog.ended(heldBack, STORED, at(50));
    expect(backlog.report(at(500))).toBeNull();
  });

  it("names the symbols that Postgres does not take, until it takes them", () => {
    const backlog = new Backlog(0);
    const first = part("A", 10);
    backlog.handedOver(first);
    backlog.ended(first, { kind: "partly", identity: null, refused: ["Y" as SymbolName] }, at(50));
    const heldBack = part("A", 10, 300, "held_back");
    backlog.handedOver(heldBack);
    expect(backlog.report(at(50))).toMatchObject({ refused: ["Y"] });
    backlog.ended(heldBack, { kind: "refused" }, at(50));
    expect(backlog.report(at(50))).toMatchObject({ refused: ["Y", "X"] });
    backlog.handedOver(heldBack);
    backlog.ended(heldBack, AWAY, at(50));
    expect(backlog.report(at(50))).toMatchObject({ refused: ["Y", "X"] });
    const later = part("A", 10, 300, "held_back");
    backlog.handedOver(later);
    backlog.ended(later, { kind: "partly", identity: null, refused: ["X" as SymbolName] }, at(50));
    expect(backlog.report(at(50))).toMatchObject({ refused: ["X"] });
    backlog.handedOver(later);
    backlog.ended(later, STORED, at(50));
    expect(backlog.report(at(50))).toBeNull();
  });

  it("is said once when it begins, and once when it ends", () => {
    const backlog = new Backlog(0);
    const late = part("A", 10);
    backlog.handedOver(late);
    expect(backlog.news(at(11))).toBeNull();
    expect(backlog.news(at(45))).toMatchObject({ kind: "began", report: { rooms: 2 } });
    expect(backlog.news(at(46))).toBeNull();
    backlog.ended(late, STORED, at(50));
    expect(backlog.news(at(46))).toEqual({ kind: "ended" });
    expect(backlog.news(at(47))).toBeNull();
  });

  it("goes on between two parts of a lane that has more, and ends with the last of it", () => {
    const backlog = new Backlog(0);
    const more = (acknowledgedS: number, leftBytes: number) => ({
      ...part("A", acknowledgedS, leftBytes + 100),
      leftBytes,
    });
    const [first, second] = [more(10, 900), more(12, 800)];
    for (const one of [first, second]) backlog.handedOver(one);
    expect(backlog.news(at(60))).toMatchObject({ kind: "began" });
    // Both were of one statement, so nothing is under way for a moment.
    for (const one of [second, first]) backlog.ended(one, STORED, at(62));
    expect(backlog.news(at(62))).toBeNull();
    expect(backlog.report(at(62))).toMatchObject({ bytes: 800, oldestUs: at(10) });
    const last = more(58, 0);
    backlog.handedOver(last);
    expect(backlog.report(at(62))).toBeNull();
    backlog.ended(last, { kind: "partly", identity: null, refused: [] }, at(63));
    expect(backlog.news(at(63))).toEqual({ kind: "ended" });
  });

  it("is not that of a lane which hands nothing over any more", () => {
    const backlog = new Backlog(0);
    const one = { ...part("A", 10), leftBytes: 1 };
    backlog.handedOver(one);
    backlog.ended(one, STORED, at(60));
    expect(backlog.report(at(74))).toMatchObject({ bytes: 1 });
    expect(backlog.report(at(75))).toBeNull();
  });
});
