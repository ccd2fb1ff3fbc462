// The system under measurement, in processes of its own: any part of it, any number of each, and what the kernel knows
// about what they cost.
import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditOrders, summaryLine } from '@orders/cli/audit/audit-orders';
import type { AuditReport } from '@orders/cli/audit/audit-report';
import { freePorts } from '@orders/local-system/free-port';
import { describeExit, type ManagedProcess, startProcess } from '@orders/local-system/managed-process';
import { privateSystemSettings } from '@orders/local-system/private-system';
import { localSystem } from '@orders/local-system/running-system';
import { type LocalUrls, localUrls, serviceDefinitions } from '@orders/local-system/service-definitions';
import type { ServiceGroup } from '@orders/local-system/service-groups';
import { openEventStore } from '@orders/order-store/open-event-store';
import type { ShardCount } from '@orders/order-store/order-shard';
import { type ShardHome, shardHomes } from '@orders/redis/shard-homes';
import { type ProcessUsage, usageOf } from './process-usage.ts';

export type BenchSystemOptions = {
  /** Everything when absent. */
  groups?: readonly ServiceGroup[];
  workers?: number;
  apis?: number;
  /** All on the one Redis. */
  shards?: ShardCount;
  /** Settings beyond those of the system, the same for every process. */
  env?: Readonly<Record<string, string>>;
  /** Of the machine, to find commands. */
  path: string | undefined;
  /** Each process leaves a `.cpuprofile` in there when it ends. */
  profileFolder?: string | undefined;
  /** Fills the folder of the event store before anything is started. */
  prepareEventStore?: (folder: string) => Promise<void>;
};

export type BenchSystem = {
  urls: LocalUrls;
  homes: readonly ShardHome[];
  api: { host: string; port: number };
  /** A file for the ids of all orders that were answered with 201. */
  acknowledgedFile: string;
  setFaults: (faults: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Whoever is killed that way is started again, and his death is no fault. */
  signal: (name: string, signal: NodeJS.Signals) => void;
  /** Starts a process that `groups` left out, waits for nothing, and leaves its end to the caller. */
  startAside: (name: string, onLine: (line: string) => void) => ManagedProcess;
  /** Of every process, by name. */
  usage: () => ReadonlyMap<string, ProcessUsage>;
  /** Rejects unless every acknowledged order is stored, and stands at the exchange once if it is settled. */
  audit: (expected: { settled: boolean }) => Promise<AuditReport>;
  stop: () => Promise<void>;
};

const folders = new Set<string>();

/** At once: for a process that is about to end itself. */
export function removeBenchFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

const silent = { warn: () => undefined };
const auditPatienceMs = 30_000;

/** Resolves when every process is ready. */
export async function startBenchSystem(options: BenchSystemOptions): Promise<BenchSystem> {
  const { groups, workers = 2, apis = 1, shards = 1, env = {}, path, profileFolder, prepareEventStore } = options;
  const folder = await mkdtemp(join(tmpdir(), 'orders-bench-'));
  folders.add(folder);
  const acknowledgedFile = join(folder, 'acknowledged.ndjson');
  const base = await privateSystemSettings(folder);
  // Neighbouring ports that nobody has, for processes that share one or are many.
  const [workerPort] = await freePorts(16);
  const adminPort = apis > 1 ? workerPort + workers : 0;
  const eventStoreFolder = join(folder, 'event-store');
  const settings = {
    ...base,
    eventStore: { ...base.eventStore, folder: eventStoreFolder },
    workers: { count: workers, adminPort: workerPort },
    api: { ...base.api, count: apis, adminPort },
  };
  const urls = localUrls(settings);
  const sharding = { REDIS_KEY_TAG: 'orders', SHARDS: String(shards) };
  const everyDefinition = serviceDefinitions(settings);
  const definitions = everyDefinition.filter(({ group }) => groups?.includes(group) ?? true);
  const deaths: string[] = [];
  const killed: string[] = [];
  const baseEnv = { PATH: path, LOG_LEVEL: 'warn', ...sharding, ...env };
  const profiling = (name: string): Record<string, string> =>
    profileFolder === undefined
      ? {}
      : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder} --cpu-prof-name=${name}.cpuprofile` };
  const system = localSystem({
    definitions,
    env: baseEnv,
    extraEnv: profiling,
    shutdownMs: settings.shutdownMs,
    onLine: () => undefined,
    onRestart({ name, exit }) {
      if (exit.signal === 'SIGKILL' && killed.includes(name)) killed.splice(killed.indexOf(name), 1);
      else deaths.push(`${name} ended unexpectedly (${describeExit(exit)})`);
    },
    onUnusable: ({ name }) => deaths.push(`${name} cannot use its settings`),
  });

  async function stop() {
    await system.stop();
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
  }

  try {
    await prepareEventStore?.(eventStoreFolder);
    await system.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    urls,
    homes: shardHomes({ REDIS_URL: urls.redis, ...sharding }),
    api: settings.api,
    acknowledgedFile,
    async setFaults(faults) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(faults);
      const response = await fetch(`${urls.exchange}/faults`, { method: 'PUT', headers, body });
      if (!response.ok) throw new Error(`the exchange answered ${response.status}: ${await response.text()}`);
    },
    signal(name, signal) {
      if (signal === 'SIGKILL') killed.push(name);
      system.process(name)?.kill(signal);
    },
    startAside(name, onLine) {
      const definition = everyDefinition.find((defined) => defined.name === name);
      if (definition === undefined) throw new Error(`there is no process ${name}`);
      // Whoever starts one goes by what it tells of itself.
      const told = { ...baseEnv, ...definition.settings, ...profiling(name), LOG_LEVEL: 'info' };
      return startProcess({ ...definition, env: told, onLine });
    },
    usage: () => new Map(definitions.map(({ name }) => [name, usageOf(system.process(name)?.pid)])),
    async audit({ settled }) {
      if (deaths.length > 0) throw new Error(deaths.join(', '));
      const connection = openEventStore({ url: urls.eventStore, log: silent, onStop: () => undefined });
      try {
        const report = await auditOrders({
          client: connection.client(),
          exchangeUrl: urls.exchange,
          acknowledged: createReadStream(acknowledgedFile, 'utf8'),
          patienceMs: auditPatienceMs,
          now: () => new Date(),
          settled,
        });
        const isClean = report.findings.length === 0 && report.in_doubt === 0 && (!settled || report.open === 0);
        if (!isClean) throw new Error(`the figures do not count: ${summaryLine(report)}`);
        return report;
      } finally {
        await connection.close();
      }
    },
    stop,
  };
}
