// The whole system as separate processes, several of each that may be several, with a link of its own between every two
// that talk. What dies is started again, as in production.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@orders/local-system/free-port';
import { privateSystemSettings } from '@orders/local-system/private-system';
import { localSystem } from '@orders/local-system/running-system';
import { type LocalUrls, localUrls, serviceDefinitions } from '@orders/local-system/service-definitions';
import { openTcpLink, type TcpLink } from '@orders/local-system/tcp-link';
import { type DoomedRedis, doomedRedis } from './doomed-redis.ts';

/** From whom to whom. */
export const linkNames = [
  'api to event-store',
  'projector to event-store',
  'worker to event-store',
  'api to redis',
  'projector to redis',
  'worker to redis',
  'worker to exchange',
] as const;
export type LinkName = (typeof linkNames)[number];

export type ChaosSystem = {
  /** What clients and audits use: around all links. */
  urls: LocalUrls;
  /** The names of all processes but Redis. */
  processes: readonly string[];
  redis: DoomedRedis;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** The signal goes to the process that bears the name now; the result signals the same one later. */
  signal: (name: string, signal: NodeJS.Signals) => (signal: NodeJS.Signals) => void;
  link: (name: LinkName) => TcpLink;
  setFaults: (faults: object) => Promise<void>;
  /** What must not have happened, whatever was done to the system. */
  complaints: readonly string[];
};

export type ChaosSystemOptions = {
  folder: string;
  /** Of the machine, to find commands. */
  pathVariable: string;
  apis: number;
  workers: number;
  exchangeLatencyMs: number;
};

// What takes half a minute in production takes seconds here, so that every way out of trouble is taken, and often: a
// frozen worker is taken for dead, and comes back to life.
const impatience = {
  PLACEMENT_LOCK_MS: '5000',
  SWEEP_INTERVAL_MS: '1000',
  SWEEP_AFTER_MS: '5000',
  SWEEP_IN_DOUBT_INTERVAL_MS: '5000',
  EXCHANGE_TIMEOUT_MS: '3000',
  LOG_LEVEL: 'info',
};
const supervision = { firstPauseMs: 300, pauseMsMax: 3_000, healthyAfterMs: 5_000 };

export async function chaosSystem(options: ChaosSystemOptions): Promise<ChaosSystem> {
  const { folder, pathVariable, apis, workers, exchangeLatencyMs } = options;
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const base = await privateSystemSettings(folder);
  if (!('port' in base.redis && 'port' in base.eventStore && 'port' in base.exchange)) throw new Error('not private');
  const targets = { redis: base.redis.port, 'event-store': base.eventStore.port, exchange: base.exchange.port };
  const counts = apis + workers + 2;
  const ports = await freePorts(48);
  const adminPorts = ports.slice(0, counts);
  const linkPorts = ports.slice(counts, counts + linkNames.length);
  const settings = {
    ...base,
    redis: { url: localUrls(base).redis },
    projectors: { count: 2, adminPort: adminPorts[0] ?? 0 },
    workers: { count: workers, adminPort: adminPorts[2] ?? 0 },
    api: { ...base.api, count: apis, adminPort: adminPorts[2 + workers] ?? 0 },
  };
  const definitions = serviceDefinitions(settings);
  const complaints: string[] = [];

  const outputs = new Map<string, ReturnType<typeof createWriteStream>>();
  function write(name: string, line: string): void {
    const output = outputs.get(name) ?? createWriteStream(join(logs, `${name}.log`), { flags: 'a' });
    outputs.set(name, output);
    output.write(`${line}\n`);
    // A process may end for a reason that it explains; one that shows a stack did not see it coming.
    if (line.includes('"level":"fatal"') && line.includes('"err"')) complaints.push(`${name}: ${line.slice(0, 500)}`);
  }

  const redis = doomedRedis({
    port: base.redis.port,
    folder,
    pathVariable,
    onLine: (line) => write('redis', line),
  });
  const links = new Map<LinkName, TcpLink>();
  const portOf = (name: LinkName) => linkPorts[linkNames.indexOf(name)] ?? 0;
  const local = (scheme: string, port: number) => `${scheme}://127.0.0.1:${port}`;
  const viaLinks: Readonly<Record<string, Record<string, string>>> = Object.fromEntries(
    (['api', 'projector', 'worker'] as const).map((group) => [
      group,
      {
        EVENTSTORE_URL: `${local('esdb', portOf(`${group} to event-store`))}?tls=false`,
        REDIS_URL: local('redis', portOf(`${group} to redis`)),
        ...(group === 'worker' ? { EXCHANGE_URL: local('http', portOf('worker to exchange')) } : {}),
      },
    ]),
  );
  const groups = new Map(definitions.map(({ name, group }) => [name, group]));
  const system = localSystem({
    definitions,
    env: { PATH: pathVariable, ...impatience, EXCHANGE_LATENCY_MS: String(exchangeLatencyMs) },
    extraEnv: (name) => viaLinks[groups.get(name) ?? ''] ?? {},
    shutdownMs: settings.shutdownMs,
    limits: supervision,
    onLine: ({ name }, line) => write(name, line),
    onRestart: ({ name, exit }) => write(name, `--- ended: ${JSON.stringify(exit)}, starting it again`),
    onUnusable: ({ name }) => complaints.push(`${name} could not use its settings`),
  });

  function linkTo(name: LinkName): TcpLink {
    const link = links.get(name);
    if (link === undefined) throw new Error(`no link ${name}`);
    return link;
  }

  return {
    urls: localUrls(base),
    processes: definitions.map(({ name }) => name),
    redis,
    complaints,
    link: linkTo,
    async start() {
      for (const name of linkNames) {
        const target = name.slice(name.indexOf(' to ') + 4) as keyof typeof targets;
        links.set(name, await openTcpLink({ port: portOf(name), targetPort: targets[target] }));
      }
      await redis.start();
      await system.start();
    },
    async stop() {
      await system.stop();
      await redis.stop();
      for (const link of links.values()) await link.close();
      await Promise.all(Array.from(outputs.values(), (output) => new Promise((resolve) => output.end(resolve))));
    },
    signal(name, signal) {
      const process = system.process(name);
      process?.kill(signal);
      return (later) => process?.kill(later);
    },
    async setFaults(faults) {
      await fetch(`${localUrls(base).exchange}/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(faults),
        signal: AbortSignal.timeout(5_000),
      });
    },
  };
}
