import { expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../src/free-port.ts';
import type { ProcessExit } from '../src/managed-process.ts';
import { localSystem } from '../src/running-system.ts';
import type { ServiceDefinition } from '../src/service-definitions.ts';
import type { ServiceGroup } from '../src/service-groups.ts';

const patience = { timeout: 30_000 };

/** A process that says when it begins and when it is asked to stop, and is ready once it answers on its port. */
async function service(group: ServiceGroup, answer: number, script = ''): Promise<ServiceDefinition> {
  const port = await freePort();
  const server = `require('node:http').createServer((_, response) => response.writeHead(${answer}).end()).listen(${port})`;
  const stop = `process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); })`;
  return {
    name: group,
    group,
    command: process.execPath,
    args: ['-e', `${stop}; console.log('started'); ${script}; ${server}`],
    settings: {},
    ports: [],
    readiness: { kind: 'http', url: `http://127.0.0.1:${port}` },
  };
}

function run(...definitions: ServiceDefinition[]) {
  return runWith({}, ...definitions);
}

type Options = Partial<Pick<Parameters<typeof localSystem>[0], 'env' | 'extraEnv'>>;

function runWith(options: Options, ...definitions: ServiceDefinition[]) {
  const lines: string[] = [];
  const stopped: { name: string; exit: ProcessExit }[] = [];
  const system = localSystem({
    definitions,
    env: {},
    ...options,
    shutdownMs: 30_000,
    onLine: ({ name }, line) => lines.push(`${name} ${line}`),
    onRestart: ({ name }) => lines.push(`${name} restarted`),
    onStopped: (event) => stopped.push(event),
    onUnusable: ({ name }) => lines.push(`${name} unusable`),
    limits: { firstPauseMs: 1, pauseMsMax: 1, healthyAfterMs: 60_000 },
  });
  onTestFinished(system.stop);
  return { system, lines, stopped };
}

it('starts the API last, and stops it first', async () => {
  const { system, lines, stopped } = run(
    await service('exchange', 204),
    await service('worker', 200),
    await service('api', 200),
  );
  await system.start();
  expect(lines).toEqual(['exchange started', 'worker started', 'api started']);
  await system.stop();
  expect(stopped.map(({ name }) => name)).toEqual(['api', 'worker', 'exchange']);
  expect(lines.slice(3)).toEqual(['api asked to stop', 'worker asked to stop', 'exchange asked to stop']);
});

it('starts a process again that died after it was ready', async () => {
  const { system, lines } = run(await service('worker', 200));
  await system.start();
  system.process('worker')?.kill('SIGKILL');
  await vi.waitFor(() => expect(lines).toEqual(['worker started', 'worker restarted', 'worker started']), patience);
});

it('asks at each start what that start alone is to find in its environment', async () => {
  const starts: string[] = [];
  const extraEnv = (name: string) => ({ START: String(starts.push(name)) });
  const sayWhich = `console.log('start', process.env.START)`;
  const { system, lines } = runWith({ extraEnv }, await service('worker', 200, sayWhich));
  await system.start();
  system.process('worker')?.kill('SIGKILL');
  await vi.waitFor(() => expect(lines).toContain('worker start 2'), patience);
  expect(lines.filter((line) => line.startsWith('worker start '))).toEqual(['worker start 1', 'worker start 2']);
});

it('does not start what comes after a process that ends before it is ready, and passes on its last words', async () => {
  const lastWords = `console.log(JSON.stringify({ level: 'fatal', msg: 'port 8600 is taken' })); process.exit(1)`;
  const { system, lines } = run(await service('exchange', 200, lastWords), await service('api', 200));
  await expect(system.start()).rejects.toThrow('exchange ended before it was ready (exit code 1): port 8600 is taken');
  expect(lines).not.toContain('api started');
  expect(lines).not.toContain('exchange restarted');
});

it('can be stopped in the middle of its start', async () => {
  const { system, lines, stopped } = run(await service('exchange', 503), await service('api', 200));
  const starting = system.start().catch((error: unknown) => error);
  await vi.waitFor(() => expect(lines).toEqual(['exchange started']), patience);
  await system.stop();
  expect(await starting).toMatchObject({ name: 'AbortError' });
  expect(stopped).toEqual([{ name: 'exchange', exit: { code: 0, signal: null } }]);
  expect(lines).toEqual(['exchange started', 'exchange asked to stop']);
});

it('hands on a setting that stands in a file, unless it decides that setting itself', async () => {
  const tell = `console.log('files', process.env.DECIDED, process.env.DECIDED_FILE, process.env.OTHER_FILE)`;
  const definition = { ...(await service('worker', 200, tell)), settings: { DECIDED: 'yes' } };
  const { system, lines } = runWith({ env: { DECIDED_FILE: '/run/decided', OTHER_FILE: '/run/other' } }, definition);
  await system.start();
  await vi.waitFor(() => expect(lines).toContain('worker files yes undefined /run/other'), patience);
});
