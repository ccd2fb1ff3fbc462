// The steps of a projector that make something durable. Of calls that do not, because there is nothing to enqueue or no
// view has changed, there is one a second: these are no steps, or a test would die at the wrong one.
import type { CrashPoints } from '@orders/lifecycle/crash-points';
import type { ProjectionCommit } from '@orders/read-model/redis-projection';
import type { ProjectorDeps, ProjectorState } from './projector.ts';
import type { SweeperDeps } from './sweeper.ts';

/** What the crash matrix kills the projector before and after. */
export const projectorSteps = [
  'projector.enqueue',
  'projector.commit',
  'projector.clear',
  'projector.start-rebuild',
  'projector.commit-rebuilding',
  'projector.enqueue-rebuilt',
  'projector.finish-rebuild',
  'projector.sweep',
] as const;
export type ProjectorStep = (typeof projectorSteps)[number];
export type ProjectorCrashPoints = CrashPoints<ProjectorStep>;

type Ports = Pick<ProjectorDeps, 'projection' | 'enqueue'> & Pick<SweeperDeps, 'ensureQueued'>;

export function portsWithCrashPoints(
  crash: ProjectorCrashPoints,
  state: Pick<ProjectorState, 'checkpoint'>,
  { projection, enqueue, ensureQueued }: Ports,
): Ports {
  const isRebuilding = () => state.checkpoint?.phase === 'rebuilding';
  return {
    projection: {
      ...projection,
      commit: crash.around(commitStep, projection.commit),
      clear: crash.around('projector.clear', projection.clear),
    },
    enqueue: crash.around((requests) => {
      if (requests.length === 0) return null;
      return isRebuilding() ? 'projector.enqueue-rebuilt' : 'projector.enqueue';
    }, enqueue),
    ensureQueued: crash.around('projector.sweep', ensureQueued),
  };
}

function commitStep({ previous, next, changes }: ProjectionCommit): ProjectorStep | null {
  if (previous === null) return 'projector.start-rebuild';
  if (previous.phase !== next.phase) return 'projector.finish-rebuild';
  if (changes.every(({ after }) => after === null)) return null;
  return next.phase === 'live' ? 'projector.commit' : 'projector.commit-rebuilding';
}
