import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { Turns } from "../../../dev/guard/turns.ts";

class Source {
  writable = true;
  pause(): void {}
  resume(): void {}
  destroy(): void {
    this.writable = false;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Requests of which all has come when they begin, unless `halves`; each is answered when it is told to. */
function world() {
  const ahead: Source[] = [];
  const turns = new Turns<Source>((source) => ahead.push(source));
  const begun: { name: string; answer: () => void }[] = [];
  const send = (
    source: Source,
    name: string,
    how: { isShort?: boolean; isHalf?: boolean } = {},
  ) => {
    const [asked, answer] = [new EventEmitter(), new EventEmitter()];
    turns.take(source, { asked, answer, isShort: how.isShort ?? true }, () => {
      begun.push({ name, answer: () => answer.emit("close") });
      if (how.isHalf !== true) queueMicrotask(() => asked.emit("end"));
    });
  };
  const answerAll = () => {
    for (const { answer } of begun.splice(0)) answer();
  };
  const settle = async () => {
    for (let at = 0; at < 40; at += 1) await turn();
  };
  return { begun, ahead, send, answerAll, settle };
}

it("begins no more than 16 of what many clients send ahead, and at once what a client sends by itself", async () => {
  const { begun, ahead, send, answerAll, settle } = world();
  const sources = Array.from({ length: 50 }, () => new Source());
  for (const [at, source] of sources.entries()) {
    for (const which of ["first", "second", "third"]) send(source, `${which} ${at}`);
  }
  expect(begun).toHaveLength(0);
  await settle();
  expect(ahead).toEqual(sources);
  const firstOf = (from: number) => Array.from({ length: 16 }, (_, at) => `first ${from + at}`);
  expect(begun.map(({ name }) => name)).toEqual(firstOf(0));
  const lone = new Source();
  send(lone, "lone");
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(begun.at(-1)?.name).toBe("lone");
  begun.splice(0, 1)[0]?.answer();
  await settle();
  expect(begun.at(-1)?.name).toBe("first 16");
  expect(ahead).toEqual(sources);
  const order: string[] = [];
  for (let at = 0; at < 20; at += 1) {
    order.push(...begun.map(({ name }) => name));
    answerAll();
    await settle();
  }
  expect(order).toHaveLength(1 + 3 * 50 - 1);
  // None has its second turn before all have had their first.
  expect(order.indexOf("second 0")).toBeGreaterThan(order.indexOf("first 49"));
});

it("begins nothing of a connection that has closed in the read that brought it", async () => {
  const { begun, send, settle } = world();
  const [lone, pair] = [new Source(), new Source()];
  send(lone, "lone");
  send(pair, "first");
  send(pair, "second");
  for (const source of [lone, pair]) source.writable = false;
  await settle();
  expect(begun).toHaveLength(0);
});

it("waits neither for what takes as long as it likes nor for what has come by half", async () => {
  for (const how of [{ isShort: false }, { isHalf: true }]) {
    const { begun, send, answerAll, settle } = world();
    const sources = Array.from({ length: 30 }, () => new Source());
    for (const source of sources) send(source, "first");
    await settle();
    for (const source of sources) send(source, "second", how);
    answerAll();
    await settle();
    expect(begun).toHaveLength(30);
  }
});
