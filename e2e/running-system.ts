// A whole system as its users run it, one process each, on free ports and in a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateSystemSettings } from '@orders/local-system/private-system';
import { type LocalSystem, localSystem } from '@orders/local-system/running-system';
import {
  type LocalSystemSettings,
  type LocalUrls,
  localUrls,
  serviceDefinitions,
} from '@orders/local-system/service-definitions';
import { type ServiceGroup, serviceGroups } from '@orders/local-system/service-groups';
import type { SupervisorLimits } from '@orders/local-system/supervised-process';

export type RunningSystem = {
  urls: LocalUrls;
  settings: LocalSystemSettings;
  /** What all processes have written so far, a line each, prefixed by the name of the process. */
  lines: string[];
  /** Starts the processes of these groups. */
  start: (groups: readonly ServiceGroup[]) => Promise<void>;
  kill: (name: string, signal?: NodeJS.Signals) => void;
  pid: (name: string) => number | undefined;
  /** Stops everything and removes the folder. */
  stop: () => Promise<void>;
};

export const allGroups: readonly ServiceGroup[] = serviceGroups;

// What takes half a minute in production, for good reasons, takes seconds here.
const impatience = {
  PLACEMENT_LOCK_MS: '5000',
  SWEEP_INTERVAL_MS: '1000',
  SWEEP_AFTER_MS: '5000',
  EXCHANGE_TIMEOUT_MS: '3000',
  LOG_LEVEL: 'info',
};
const patientLimits = { firstPauseMs: 500, pauseMsMax: 2_000, healthyAfterMs: 60_000 };

type Options = {
  /** What one start of a process gets beside `env`. */
  extraEnv?: (name: string) => Record<string, string>;
  workers?: number;
  limits?: SupervisorLimits;
  /** The URLs of an event store and a Redis that run already, and are not part of the system. */
  outside?: { eventStore: string; redis: string };
};

export async function prepareSystem(env: Record<string, string> = {}, options: Options = {}): Promise<RunningSystem> {
  const { extraEnv = () => ({}), workers, limits = patientLimits, outside } = options;
  const folder = await mkdtemp(join(tmpdir(), 'orders-e2e-'));
  const settings = await privateSystemSettings(folder);
  if (workers !== undefined) settings.workers.count = workers;
  if (outside !== undefined) {
    settings.eventStore = { url: outside.eventStore };
    settings.redis = { url: outside.redis };
  }
  const lines: string[] = [];
  const systems: LocalSystem[] = [];
  const processOf = (name: string) => {
    const process = systems.map((system) => system.process(name)).find((found) => found !== undefined);
    if (process === undefined) throw new Error(`no process ${name} was started`);
    return process;
  };

  return {
    urls: localUrls(settings),
    settings,
    lines,
    async start(groups) {
      const system = localSystem({
        definitions: serviceDefinitions(settings).filter(({ group }) => groups.includes(group)),
        env: { PATH: process.env.PATH, ...impatience, ...env },
        extraEnv,
        shutdownMs: settings.shutdownMs,
        limits,
        onLine: ({ name }, line) => lines.push(`${name} ${line}`),
        onRestart: ({ name, exit }) => lines.push(`${name} restarted after ${JSON.stringify(exit)}`),
        onUnusable: ({ name }) => lines.push(`${name} cannot use its settings`),
      });
      systems.unshift(system);
      await system.start();
    },
    kill: (name, signal = 'SIGKILL') => processOf(name).kill(signal),
    pid: (name) => processOf(name).pid,
    async stop() {
      for (const system of systems) await system.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
