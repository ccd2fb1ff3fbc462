import type { LogPosition } from '@orders/order-store/order-store';

/** Of a commit position as a manifest has it. */
export const positionAt = (commit: string): LogPosition => ({ commit: BigInt(commit), prepare: BigInt(commit) });
