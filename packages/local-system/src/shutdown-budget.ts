// Splits the time that the whole system has to stop, so that even with a hanging process in every group the last one is
// gone before that time. Nobody loses what it needs: each group stops before the ones that it depends on.
import type { ServiceGroup } from './service-groups.ts';

// The API finishes answers, workers finish placements; the others only close. Together nine tenths: the last one is for
// the kills and for the process that does all this.
const shares: Readonly<Record<ServiceGroup, number>> = {
  api: 0.24,
  worker: 0.26,
  projector: 0.12,
  exchange: 0.09,
  'event-store': 0.11,
  redis: 0.08,
};

export const stopOrder = Object.keys(shares) as ServiceGroup[];

/** After this time a process of the group is killed. */
export const stopDeadlineMs = (group: ServiceGroup, totalMs: number): number => Math.floor(shares[group] * totalMs);

const insistShare = 0.9;

/** After this time a process of the group gives up by itself, with a line in the log, before it would be killed. */
export const serviceDeadlineMs = (group: ServiceGroup, totalMs: number): number =>
  Math.max(1, Math.floor(stopDeadlineMs(group, totalMs) * insistShare));
