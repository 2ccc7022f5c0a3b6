/** Why the database cannot be started, in words that say what to do: to try again would not help. */
export class StartFailure extends Error {}
