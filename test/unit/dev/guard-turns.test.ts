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
  const turns = new Turns<Source>();
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
  return { begun, send, answerAll, settle };
}

it("begins no more than 16 of what many clients send ahead, and at once what a client sends by itself", async () => {
  const { begun, send, answerAll, settle } = world();
  const sources = Array.from({ length: 50 }, () => new Source());
  for (const [at, source] of sources.entries()) {
    for (const which of ["first", "second", "third"]) send(source, `${which} ${at}`);
  }
  await settle();
  expect(begun).toHaveLength(50);
  answerAll();
  await settle();
  expect(begun.map(({ name }) => name)).toEqual(
    Array.from({ length: 16 }, (_, at) => `second ${at}`),
  );
  send(new Source(), "lone");
  expect(begun.at(-1)?.name).toBe("lone");
  begun.splice(0, 1)[0]?.answer();
  await settle();
  expect(begun.at(-1)?.name).toBe("second 16");
  let all = 0;
  for (let at = 0; at < 20; at += 1) {
    all += begun.length;
    answerAll();
    await settle();
  }
  expect(all).toBe(1 + 2 * 50 - 1);
});

it("waits neither for what takes as long as it likes nor for what has come by half", async () => {
  for (const how of [{ isShort: false }, { isHalf: true }]) {
    const { begun, send, answerAll, settle } = world();
    const sources = Array.from({ length: 30 }, () => new Source());
    for (const source of sources) send(source, "first");
    for (const source of sources) send(source, "second", how);
    answerAll();
    await settle();
    expect(begun).toHaveLength(30);
  }
});
