import type { ObjectMeter } from "../meter.ts";

/** Has the state of an object counted by its meter, in place: the runtime takes no other object for it. */
export function meterState(ctx: DurableObjectState, object: ObjectMeter): void {
  const { storage } = ctx;
  meterSql(storage.sql, object);
  const { counters } = object;
  replace(storage, "setAlarm", (set) => (...args) => {
    counters.alarmsSet += 1;
    return set(...args);
  });
  replace(storage, "get", (get) => (keys, ...rest) => {
    counters.keysRead += Array.isArray(keys) ? keys.length : 1;
    return get(keys, ...rest);
  });
  replace(storage, "put", (put) => (entries, ...rest) => {
    counters.keysWritten += typeof entries === "object" ? Object.keys(entries as object).length : 1;
    return put(entries, ...rest);
  });
  replace(storage, "delete", (remove) => (keys, ...rest) => {
    counters.keysWritten += Array.isArray(keys) ? keys.length : 1;
    return remove(keys, ...rest);
  });
  replace(ctx, "waitUntil", (waitUntil) => (work) => {
    const end = object.begin();
    void Promise.resolve(work).then(end, end);
    return waitUntil(work);
  });
  replace(ctx, "blockConcurrencyWhile", (block) => (work) => {
    const end = object.begin();
    const done = block(work) as Promise<unknown>;
    void done.then(end, end);
    return done;
  });
}

/** A cursor knows what it has cost when it was read; nobody here keeps one beyond its turn. */
function meterSql(sql: SqlStorage, { counters }: ObjectMeter): void {
  const open: { cursor: { rowsRead: number; rowsWritten: number } }[] = [];
  const settle = () => {
    for (const { cursor } of open.splice(0)) {
      counters.rowsRead += cursor.rowsRead;
      counters.rowsWritten += cursor.rowsWritten;
    }
  };
  replace(sql, "exec", (exec) => (...args) => {
    const cursor = exec(...args) as { rowsRead: number; rowsWritten: number };
    if (open.push({ cursor }) === 1) queueMicrotask(settle);
    return cursor;
  });
}

type Method = (...args: unknown[]) => unknown;

function replace(on: object, name: string, with_: (method: Method) => Method): void {
  const method = (on as Record<string, Method>)[name];
  if (method === undefined) throw new Error(`there is no ${name}`);
  const value = with_(method.bind(on));
  Object.defineProperty(on, name, { value, configurable: true, writable: true });
}
