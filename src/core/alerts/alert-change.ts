/** What an alert is in: `pending` waits for the rule's `for`, `firing` says it, `inactive` is rest. */
export type AlertState = 'inactive' | 'pending' | 'firing';

/**
 * One alert went from one state to another. A resolved alert is `firing` to `inactive`.
 *
 * `id` is made of rule, symbol, series, state and `atUs`: the same change has the same id, however
 * often it is told. `value` is what the rule read then, null where there was none.
 */
export interface AlertChange {
	id: string;
	rule: string;
	symbol: string;
	series?: string;
	from: AlertState;
	to: AlertState;
	value: number | null;
	/** When it changed, in the tape's time, microseconds. */
	atUs: number;
	message: string;
}
