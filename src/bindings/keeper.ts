import type { HostName } from "../core/placement.ts";

/** What the other objects and the Worker may ask of the Keeper. */
export interface KeeperCalls extends Rpc.DurableObjectBranded {
  /** Something was stored. `isLate`: some of it belongs to buckets that may have been rolled up. */
  stored(isLate: boolean): Promise<void>;
  /** The database has said who it is. Returns at once; where it is another one, rooms are asked to look. */
  databaseIs(identity: string): void;
  /** Every host that anything is on by the present placement. */
  hosts(): Promise<HostName[]>;
}

/** Name of the one Keeper. */
export const KEEPER_NAME = "keeper";
