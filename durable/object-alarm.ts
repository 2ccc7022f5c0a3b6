/** What it is made over: the storage of a Durable Object. */
type AlarmStorage = Pick<DurableObjectStorage, "getAlarm" | "setAlarm" | "deleteAlarm">;

/**
 * The alarm of a Durable Object. The platform takes one that its handler sets to the moment of the alarm that has just gone off, or to an earlier
 * one, for that alarm, and forgets it when the handler ends: it never goes off, though `getAlarm` tells it (workerd of 2026-10-23). A handler may come to set
 * such a one, as where it is called a moment early and finds nothing due yet. So what is set is later than whatever has gone off.
 */
export class ObjectAlarm {
  readonly #storage: AlarmStorage;
  /** When the latest that has gone off was due. */
  #wentOffMs = Number.NEGATIVE_INFINITY;

  constructor(storage: AlarmStorage) {
    this.#storage = storage;
  }

  /** The handler was called; without `info` by somebody who had it look after things, and not for an alarm. */
  wentOff(info: Pick<AlarmInvocationInfo, "scheduledTime"> | undefined): void {
    if (info !== undefined) this.#wentOffMs = Math.max(this.#wentOffMs, info.scheduledTime);
  }

  /** When it will go off; null where none is set. */
  read(): Promise<number | null> {
    return this.#storage.getAlarm();
  }

  /** It is to go off then, or as soon after that as it can. */
  set(atMs: number): Promise<void> {
    return this.#storage.setAlarm(Math.max(atMs, this.#wentOffMs + 1));
  }

  clear(): Promise<void> {
    return this.#storage.deleteAlarm();
  }
}
