import { expect, it, onTestFinished, vi } from 'vitest';
import { type ManagedProcess, type ProcessExit, startProcess } from './managed-process.ts';
import { type SupervisorLimits, superviseProcess } from './supervised-process.ts';

const limits: SupervisorLimits = { firstPauseMs: 1, pauseMsMax: 4, healthyAfterMs: 60_000 };

function supervise(script: string, nowMs?: () => number) {
  const restarts: { exit: ProcessExit; pauseMs: number }[] = [];
  const unusable: ManagedProcess[] = [];
  const started: ManagedProcess[] = [];
  const start = () => {
    const child = startProcess({ name: 'fake', command: process.execPath, args: ['-e', script], env: process.env });
    started.push(child);
    return child;
  };
  const supervised = superviseProcess({
    process: start(),
    start,
    onRestart: (event) => restarts.push(event),
    onUnusable: (child) => unusable.push(child),
    limits,
    ...(nowMs && { nowMs }),
  });
  onTestFinished(async () => void (await supervised.stop(0)));
  return { supervised, restarts, unusable, started };
}

it('starts a process that died again, and waits longer each time up to a bound', async () => {
  const { restarts } = supervise('process.exit(3)');
  await vi.waitFor(() => expect(restarts.length).toBeGreaterThanOrEqual(4), { timeout: 30_000 });
  expect(restarts.slice(0, 4).map(({ pauseMs }) => pauseMs)).toEqual([1, 2, 4, 4]);
  expect(restarts[0]?.exit).toEqual({ code: 3, signal: null });
});

it('starts a process again that ended cleanly without being asked to', async () => {
  const { restarts } = supervise('process.exit(0)');
  await vi.waitFor(() => expect(restarts.length).toBeGreaterThanOrEqual(1), { timeout: 30_000 });
});

it('forgets earlier deaths of a process that lived long', async () => {
  let clockMs = 0;
  const { restarts } = supervise('process.exit(3)', () => (clockMs += limits.healthyAfterMs));
  await vi.waitFor(() => expect(restarts.length).toBeGreaterThanOrEqual(3), { timeout: 30_000 });
  expect(restarts.slice(0, 3).map(({ pauseMs }) => pauseMs)).toEqual([1, 1, 1]);
});

it('leaves a process down that cannot use its configuration', async () => {
  const { restarts, unusable, started } = supervise('process.exit(78)');
  await vi.waitFor(() => expect(unusable).toHaveLength(1), { timeout: 30_000 });
  expect(restarts).toEqual([]);
  expect(started).toHaveLength(1);
});

it('does not start a process again that it stopped itself', async () => {
  const { supervised, restarts } = supervise('setInterval(() => {}, 1_000)');
  await supervised.stop(30_000);
  expect(await supervised.current().exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(restarts).toEqual([]);
});
