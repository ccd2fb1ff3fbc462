// Counts one second of load.
import { percentile } from '../figures.ts';
import type { LoadSecond } from './load-report.ts';
import type { Answer } from './posting-connection.ts';

export function loadTally(phase: string, { reportsEachLatency = false } = {}) {
  const counts = { due: 0, offered: 0, mutedSheds: 0, connectionErrors: 0 };
  const others: Record<string, number> = {};
  const createdMs: number[] = [];
  const shedMs: number[] = [];
  return {
    counts,
    answered({ status, orderId, isComplete }: Answer, latencyMs: number) {
      if (status === 201 && orderId !== null) createdMs.push(latencyMs);
      else if (status === 503) {
        shedMs.push(latencyMs);
        if (!isComplete) counts.mutedSheds += 1;
      } else others[status] = (others[status] ?? 0) + 1;
    },
    report: (): LoadSecond => ({
      phase,
      ...counts,
      others,
      created: createdMs.length,
      shed: shedMs.length,
      createdP50Ms: share(createdMs, 0.5),
      createdP99Ms: share(createdMs, 0.99),
      shedP99Ms: share(shedMs, 0.99),
      ...(reportsEachLatency && { createdMs: createdMs.map((latencyMs) => Math.round(latencyMs * 100) / 100) }),
    }),
  };
}

const share = (values: readonly number[], of: number): number | null =>
  values.length === 0 ? null : Math.round(percentile(values, of) * 10) / 10;
