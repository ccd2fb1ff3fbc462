// One cell of the matrix: arms a process to die at one point, brings it there while orders are posted, lets it be
// started again, waits until nothing is open any more, and audits.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '@orders/cli/audit/audit-report';
import { postOrders } from '../order-client.ts';
import { prepareSystem, type RunningSystem } from '../running-system.ts';
import { audit } from './audit.ts';
import { setFaults } from './faults.ts';
import type { PointRow, Step } from './points.ts';
import type { Stage } from './stages.ts';
import { until } from './until.ts';

const orders = 20;
const settings = {
  EXCHANGE_LATENCY_MS: '30',
  EXCHANGE_FAILURE_RATE: '0.3',
  EXCHANGE_ABSENCE_PROVEN_AFTER_MS: '1000',
  SWEEP_IN_DOUBT_INTERVAL_MS: '1000',
};
// Nothing is healed by the sweeper, unless a cell is about it.
const noSweeps = { SWEEP_AFTER_MS: '3600000', SWEEP_INTERVAL_MS: '200' };
const noPauses = { firstPauseMs: 20, pauseMsMax: 20, healthyAfterMs: 60_000 };
const stagingMsMax = 1_000;
const auditPauseMs = 500;
const auditPatienceMs = 5_000;

export type CrashSystem = {
  system: RunningSystem;
  /** Resolves to what this cell, and none before it, has brought about; rejects when the point was not reached. */
  runCell: (row: Pick<PointRow, 'point' | 'step'>, stage: Stage) => Promise<Finding[]>;
};

export async function prepareCrashSystem(): Promise<CrashSystem> {
  const nextStart = new Map<string, Record<string, string>>();
  const everyStart = new Map<string, Record<string, string>>();
  const extraEnv = (name: string) => {
    const extra = { ...noSweeps, ...everyStart.get(name), ...nextStart.get(name) };
    nextStart.delete(name);
    return extra;
  };
  const system = await prepareSystem(settings, { extraEnv, workers: 1, limits: noPauses });
  const acknowledged: string[] = [];
  const reported = new Set<string>();
  const isNew = ({ kind, id }: Finding) => !reported.has(`${kind} ${id}`);

  async function isSettled(): Promise<boolean> {
    // A process that is just being started again does not answer: that is no verdict.
    const report = await audit(system.urls, acknowledged, 0).catch(() => null);
    if (report === null || report.in_doubt > 0) return false;
    return !report.findings.some((found) => found.kind === 'open' && isNew(found));
  }

  async function restart(name: string) {
    const since = system.lines.length;
    system.kill(name);
    const isStart = (line: string) => line.startsWith(`${name} `) && line.includes('"msg":"started"');
    await until(`${name} is started`, () => system.lines.slice(since).some(isStart));
  }

  async function runCell({ point, step }: Pick<PointRow, 'point' | 'step'>, stage: Stage): Promise<Finding[]> {
    const name = processOf(step);
    const reached = `${name} crash point ${point} reached`;
    // A rebuild that the cell before began would bring the process to its point before there is an order.
    await until('what the cell before left is done', () => isReady(system));
    if (stage.settings) everyStart.set(name, stage.settings);
    nextStart.set(name, { CRASH_AT: `${point}#${stage.occurrence ?? 1}` });
    const armed = system.lines.length;
    await restart(name);
    await until('the system is ready', () => isReady(system));
    await setFaults(system, stage.faults);

    const since = system.lines.length;
    if (system.lines.slice(armed).includes(reached))
      throw new Error(`${point} was reached before any order was posted`);
    const wasWritten = (line: string) => system.lines.slice(since).filter((written) => written === line).length === 1;
    await stage.before?.(system);
    const told = await postOrders({ api: system.urls.api, count: orders, clients: orders });
    acknowledged.push(...told);
    // What brings the process to its end may well be cut off by it.
    const staging = stage.after?.(system).catch(() => undefined);
    await until(`${point} is reached`, () => wasWritten(reached));
    await until(`${name} dies of it`, () => wasWritten(`${name} restarted after {"code":null,"signal":"SIGKILL"}`));
    await Promise.race([staging, sleep(stagingMsMax)]);
    await stage.restore?.(system);
    // Or a run of bad luck would be waited for, at half a minute a failure.
    const calm = () => setFaults(system, { failure_rate: 0 });
    await until('the exchange is in order', () => succeeds(calm));

    // What is open even so is a finding of the audit.
    await until('no order is open', isSettled, auditPauseMs).catch(() => undefined);
    const { findings, in_doubt } = await audit(system.urls, acknowledged, auditPatienceMs);
    if (everyStart.delete(name)) await restart(name);
    if (in_doubt > 0) throw new Error(`${in_doubt} orders are in doubt`);
    if (told.length < orders / 2) throw new Error(`only ${told.length} orders were acknowledged`);
    const fresh = findings.filter(isNew);
    for (const { kind, id } of fresh) reported.add(`${kind} ${id}`);
    return fresh;
  }

  return { system, runCell };
}

const succeeds = (call: () => Promise<unknown>) =>
  call().then(
    () => true,
    () => false,
  );

const processOf = (step: Step): string => {
  const [group = ''] = step.split('.');
  return group === 'api' || group === 'worker' ? `${group}-1` : group;
};

// Ready, a projector has also ended its rebuild.
async function isReady({ urls, settings: { adminHost, projectors } }: RunningSystem): Promise<boolean> {
  const ready = [urls.api, `http://${adminHost}:${projectors.adminPort}`].map(answersReady);
  return (await Promise.all(ready)).every(Boolean);
}

const answersReady = (base: string): Promise<boolean> =>
  fetch(`${base}/health/ready`).then(
    async (response) => {
      await response.text();
      return response.ok;
    },
    () => false,
  );
