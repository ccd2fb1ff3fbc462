// How far the projection has come, in which event store, with views of which version, whether it has reached the end of
// the log since it began, and which generation of the read model it is that all this is said of: whoever reads the
// checkpoint knows which views to read.
import type { LogPosition } from '@orders/order-store/order-store';

export type Checkpoint = {
  storeId: string;
  /** See {@link currentViewVersion}. */
  viewVersion: number;
  /** `rebuilding`: from an empty read model, not yet at the end of the log; no job is enqueued before that. */
  phase: 'rebuilding' | 'live';
  position: LogPosition | null;
  /** `''` for the first one, and for whatever a projector builds from nothing. */
  generation: string;
};

// Checkpoints were first written without a version.
const firstViewVersion = 1;

/** The one form of a checkpoint in Redis, where two are compared as text. `''` for none. */
export function encodeCheckpoint(checkpoint: Checkpoint | null): string {
  if (checkpoint === null) return '';
  const { storeId, viewVersion, phase, position, generation } = checkpoint;
  return JSON.stringify([
    storeId,
    phase,
    position === null ? null : [String(position.commit), String(position.prepare)],
    ...(viewVersion === firstViewVersion && generation === '' ? [] : [viewVersion]),
    // As it was written before there were generations, so that what is stored compares as the same.
    ...(generation === '' ? [] : [generation]),
  ]);
}

type Encoded = [
  storeId: string,
  phase: Checkpoint['phase'],
  position: [commit: string, prepare: string] | null,
  viewVersion?: number,
  generation?: string,
];

export function decodeCheckpoint(text: string): Checkpoint | null {
  if (text === '') return null;
  const [storeId, phase, position, viewVersion = firstViewVersion, generation = ''] = JSON.parse(text) as Encoded;
  const [commit, prepare] = position ?? [];
  const known = commit !== undefined && prepare !== undefined;
  const at = known ? { commit: BigInt(commit), prepare: BigInt(prepare) } : null;
  return { storeId, viewVersion, phase, position: at, generation };
}

/** Of what stands under the key of the checkpoint; that of a projector from nothing when nothing does. */
export const generationIn = (text: string | null): string => decodeCheckpoint(text ?? '')?.generation ?? '';
