import { type Server } from "node:net";
/**
 * Shows that the owner `id` of files in `folder` lives: by a socket that accepts connections as long as its process does. The
 * system lets go of it when that process ends, however it ends, and no other process can be taken for it.
 * @throws Error where the folder takes no sockets, as on some disks of other machines.
 */
export declare function showLife(folder: string, id: string): Server;
/** Whether the owner lives. Where that cannot be known it does. */
export declare function isAlive(folder: string, id: string): Promise<boolean>;
/** Where the socket of an owner is. */
export declare function socketPath(folder: string, id: string): string;
