// How far the projection has come, in which event store, and whether it has reached the end of the log since it began.
import type { LogPosition } from '@orders/order-store/order-store';

export type Checkpoint = {
  storeId: string;
  /** `rebuilding`: from an empty read model, not yet at the end of the log; no job is enqueued before that. */
  phase: 'rebuilding' | 'live';
  position: LogPosition | null;
};

/** The one form of a checkpoint in Redis, where two are compared as text. `''` for none. */
export function encodeCheckpoint(checkpoint: Checkpoint | null): string {
  if (checkpoint === null) return '';
  const { storeId, phase, position } = checkpoint;
  return JSON.stringify([
    storeId,
    phase,
    position === null ? null : [String(position.commit), String(position.prepare)],
  ]);
}

type Encoded = [storeId: string, phase: Checkpoint['phase'], position: [commit: string, prepare: string] | null];

export function decodeCheckpoint(text: string): Checkpoint | null {
  if (text === '') return null;
  const [storeId, phase, position] = JSON.parse(text) as Encoded;
  const [commit, prepare] = position ?? [];
  const known = commit !== undefined && prepare !== undefined;
  return { storeId, phase, position: known ? { commit: BigInt(commit), prepare: BigInt(prepare) } : null };
}
