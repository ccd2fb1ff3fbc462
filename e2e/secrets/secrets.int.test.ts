// Nobody who reads a log, a document, a metric, an answer or a list of processes learns a password. Libraries talk most
// when something fails, so everything fails here that can, at the level at which they say most.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, freePorts } from '@orders/local-system/free-port';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addresses, type GuardedBackends, startGuardedBackends } from './guarded-backends.ts';
import { leaksIn, secrets, userinfo } from './secrets.ts';
import { answerOf, type Env, startWatched } from './watched-process.ts';

const patience = { timeout: 50_000, interval: 100 };
const json = { 'content-type': 'application/json' };
const order = JSON.stringify({ type: 'market', side: 'buy', instrument: 'DE0007164600', quantity: 1 });
const someId = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';

let backends: GuardedBackends;
let folder: string;
beforeAll(async () => {
  backends = await startGuardedBackends();
  folder = await mkdtemp(join(tmpdir(), 'orders-secrets-'));
});
afterAll(async () => {
  await backends?.stop();
  await rm(folder, { recursive: true, force: true });
});

const local = () => ({ host: 'localhost', ...backends.ports });
const working = () => addresses(local(), backends.certificates);

const failures: Record<string, () => Promise<Env>> = {
  'nobody listens': async () => {
    const [redis, eventStore, exchange] = await freePorts(3);
    return addresses({ host: 'localhost', redis, eventStore, exchange }, backends.certificates);
  },
  'no host has these names': async () => addresses({ ...local(), host: 'nowhere.invalid' }, backends.certificates),
  'another authority is trusted': async () => addresses(local(), backends.strangers),
  'the passwords are mixed up': async () => {
    const { REDIS_URL = '', EVENTSTORE_URL = '', EXCHANGE_URL = '' } = working();
    return {
      REDIS_URL: REDIS_URL.replace(userinfo(secrets.redis), userinfo(secrets.eventStore)),
      EVENTSTORE_URL: EVENTSTORE_URL.replace(userinfo(secrets.eventStore), userinfo(secrets.redis)),
      EXCHANGE_URL: EXCHANGE_URL.replace(userinfo(secrets.exchange), userinfo(secrets.redis)),
    };
  },
  'the user may do nothing': async () => ({
    ...working(),
    REDIS_URL: working().REDIS_URL?.replace('gateway:', 'powerless:') ?? '',
    EVENTSTORE_URL: working().EVENTSTORE_URL?.replace('gateway:', 'powerless:') ?? '',
  }),
  'there are Sentinels nowhere': async () => ({
    ...working(),
    REDIS_URL: `redis+sentinel://${userinfo(secrets.redis)}127.0.0.1:${await freePort()}/orders?sentinelPassword=${encodeURIComponent(secrets.sentinel)}`,
  }),
};

/** Everything that an API shows to who asks. */
async function shownBy(base: string): Promise<string> {
  const paths = [
    '/docs',
    '/docs/json',
    '/docs/yaml',
    '/metrics',
    '/health/live',
    '/health/ready',
    '/orders',
    '/events',
  ];
  const asked = [...paths, `/orders/${someId}`, `/orders/${someId}/events`, '/nothing'].map((path) =>
    answerOf(base + path),
  );
  const sent = [order, '{', '{}'].map((body) => answerOf(`${base}/orders`, { method: 'POST', headers: json, body }));
  return (await Promise.all([...asked, ...sent])).join('\n');
}

describe.each(Object.entries(failures))('when %s', (_name, environment) => {
  it('no process says a password', async () => {
    const env = await environment();
    const [http, projectorPort, workerPort] = await freePorts(3);
    const api = startWatched('api', {
      ...env,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(http),
      API_APPEND_BUDGET_MS: '500',
    });
    const projector = startWatched('projector', { ...env, PROJECTOR_ADMIN_PORT: String(projectorPort) });
    const worker = startWatched('worker', { ...env, WORKER_ADMIN_PORT: String(workerPort) });
    const base = `http://127.0.0.1:${http}`;
    await api.hasSaid(/"msg":"started"/);
    const shown = [await shownBy(base)];
    await api.hasSaid(/order not placed|order placed/);
    await projector.hasSaid(/"level":"(warn|error|fatal)"/);
    await worker.hasSaid(/"level":"(warn|error|fatal)"/);
    for (const port of [projectorPort, workerPort])
      for (const path of ['/metrics', '/health/ready']) shown.push(await answerOf(`http://127.0.0.1:${port}${path}`));
    await Promise.all([api, projector, worker].map(({ stop }) => stop()));
    const said = [api, projector, worker].map(({ output }) => output());
    for (const output of said) expect(output).toMatch(/"level":"(warn|error|fatal)"/);
    expect([...said, ...shown].flatMap(leaksIn)).toEqual([]);
  });

  it.each(['audit', 'verify'])('no command says a password: %s', async (name) => {
    const command = startWatched('cli', await environment(), [name]);
    expect(await command.exited).not.toBe(0);
    expect(command.output()).toMatch(/^orders: /m);
    expect(leaksIn(command.output())).toEqual([]);
  });
});

describe('a setting that cannot be used', () => {
  const broken: Record<string, Env> = {
    'a password with an @ in it': { REDIS_URL: `redis://:${secrets.redis}@127.0.0.1:1` },
    'a password that ends the host': { EVENTSTORE_URL: `esdb://admin:${secrets.eventStore}@127.0.0.1:1` },
    'a scheme that is none': { REDIS_URL: `memcached://${userinfo(secrets.redis)}127.0.0.1:1` },
    'an option that is none': { EVENTSTORE_URL: `esdb://${userinfo(secrets.eventStore)}127.0.0.1:1?tslCaFile=/x` },
    'an option of Redis that is none': { REDIS_URL: `rediss://${userinfo(secrets.redis)}127.0.0.1:1?caFile=/x` },
    'certificates that are not there': { REDIS_URL: `rediss://${userinfo(secrets.redis)}127.0.0.1:1?tlsCaFile=/none` },
    'two values': { REDIS_URL: `redis://${userinfo(secrets.redis)}127.0.0.1:1`, REDIS_URL_FILE: '/none' },
  };

  it.each(Object.entries(broken))('ends an API and a command without being repeated: %s', async (_name, env) => {
    const [api, command] = [startWatched('api', { ...env, HTTP_PORT: '0' }), startWatched('cli', env, ['verify'])];
    expect(await api.exited).toBe(78);
    expect(api.output()).toMatch(/REDIS_URL|EVENTSTORE_URL/);
    expect(await command.exited).toBe(64);
    expect(command.output()).toMatch(/^orders: .*(REDIS_URL|EVENTSTORE_URL).*\n$/);
    expect([api, command].flatMap(({ output }) => leaksIn(output()))).toEqual([]);
  });

  it.each([
    ['projector', [], 78, { REDIS_URL: `redis://:${secrets.redis}@127.0.0.1` }],
    ['launcher', [], 78, { REDIS_URL: `redis://:${secrets.redis}@127.0.0.1` }],
    ['worker', [], 78, { EXCHANGE_URL: `http://:${secrets.exchange}@127.0.0.1` }],
    ['cli', ['audit'], 64, { EXCHANGE_URL: `http://:${secrets.exchange}@127.0.0.1` }],
    ['cli', ['in-doubt'], 64, { ORDERS_API: `http://:${secrets.api}@127.0.0.1` }],
    ['cli', ['in-doubt'], 69, { ORDERS_API: `http://${userinfo(secrets.api)}127.0.0.1:1` }],
  ] as const)('is not repeated by %s %j', async (app, args, code, env) => {
    const started = startWatched(app, env, args);
    expect(await started.exited).toBe(code);
    expect(leaksIn(started.output())).toEqual([]);
  });
});

describe('a system that works', () => {
  it('takes its passwords from files, and shows them neither to its clients nor in the list of processes', async () => {
    const files: Record<string, string> = {};
    for (const [name, value] of Object.entries(working())) {
      files[`${name}_FILE`] = join(folder, name);
      await writeFile(join(folder, name), `${value}\n`);
    }
    const [http, projector, worker] = await freePorts(3);
    const base = `http://127.0.0.1:${http}`;
    const launcher = startWatched('launcher', {
      ...files,
      ENVIRONMENT: 'production',
      HTTP_PORT: String(http),
      PROJECTOR_ADMIN_PORT: String(projector),
      WORKER_ADMIN_PORT: String(worker),
      DATA_DIR: folder,
      ...{ API_PROCESSES: '1', PROJECTOR_PROCESSES: '1', WORKER_PROCESSES: '1' },
    });
    onTestFinished(() => void launcher.stop());
    await launcher.hasSaid(/"msg":"ready"/);
    const accepted = await fetch(`${base}/orders`, { method: 'POST', headers: json, body: order });
    expect(accepted.status).toBe(201);
    const { id } = (await accepted.json()) as { id: string };
    await vi.waitFor(async () => {
      const { status } = (await (await fetch(`${base}/orders/${id}`)).json()) as { status: string };
      expect(status).toBe('submitted');
    }, patience);

    // Behind a password that the exchange no longer takes, orders stay open, and the worker says why.
    backends.exchangeAnswers(500);
    const shown = [await shownBy(base)];
    await launcher.hasSaid(/order still open/);
    for (const port of [projector, worker]) shown.push(await answerOf(`http://127.0.0.1:${port}/metrics`));
    const commands = commandLines();
    expect(commands.filter((line) => line.includes('apps/worker/src/main.ts'))).not.toEqual([]);
    expect(await launcher.stop()).toBe(0);
    expect([launcher.output(), ...shown, ...commands].flatMap(leaksIn)).toEqual([]);
  });
});

/** Of all processes of the machine, as `ps` shows them to everybody. */
function commandLines(): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) ? readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ') : [];
    } catch {
      return [];
    }
  });
}
