// What a newcomer meets: ./run.sh, its messages, and what is left when it ends.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@orders/local-system/free-port';
import { afterAll, describe, expect, it } from 'vitest';
import { anOrder, getOrder, post, readLedger } from './order-client.ts';
import { expectSettled } from './settled.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const folders: string[] = [];
const started: number[] = [];

afterAll(() => {
  for (const pid of started) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

type Settings = Record<string, string>;

async function privateSettings(): Promise<Settings> {
  const folder = mkdtempSync(join(tmpdir(), 'orders-run-'));
  folders.push(folder);
  // A second projector, and further workers, have the ports above that of the first.
  const [redis, eventStore, exchange, projector, , worker, , , , api] = await freePorts(10);
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    DATA_DIR: folder,
    REDIS_PORT: String(redis),
    EVENT_STORE_PORT: String(eventStore),
    EXCHANGE_PORT: String(exchange),
    PROJECTOR_ADMIN_PORT: String(projector),
    WORKER_ADMIN_PORT: String(worker),
    HTTP_PORT: String(api),
    API_ADMIN_PORT: '0',
  };
}

/** Resolves once the gateway says that it is ready. */
async function runGateway(settings: Settings) {
  const gateway = spawn('./run.sh', { cwd: root, env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ready = new Promise<void>((resolveReady, reject) => {
    const look = (chunk: Buffer) => {
      output += chunk;
      if (/Ctrl-C stops|"msg":"ready"/.test(output)) resolveReady();
    };
    gateway.stdout.on('data', look);
    gateway.stderr.on('data', look);
    gateway.once('exit', (code) => reject(new Error(`run.sh ended with ${code}:\n${output}`)));
  });
  await ready;
  const pid = gateway.pid ?? 0;
  const pids = [pid, ...descendants(pid)];
  started.push(...pids);
  const api = `http://127.0.0.1:${settings.HTTP_PORT}`;
  return {
    api,
    exchange: `http://127.0.0.1:${settings.EXCHANGE_PORT}`,
    pids,
    output: () => output,
    async stop(signal: NodeJS.Signals) {
      const exited = once(gateway, 'exit');
      gateway.kill(signal);
      const [code] = await exited;
      return code as number | null;
    },
  };
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Runs ./run.sh to its end, which is expected to be a failure. */
async function failingRun(settings: Settings) {
  const failure = await run('./run.sh', { cwd: root, env: settings, timeout: 120_000 }).then(
    () => null,
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  if (failure === null) throw new Error('run.sh did not fail');
  return { code: failure.code, output: failure.stdout + failure.stderr };
}

describe('./run.sh', () => {
  const orders: string[] = [];
  let settings: Settings;

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])(
    'runs everything, and leaves no process behind after %s',
    async (signal) => {
      settings ??= await privateSettings();
      const gateway = await runGateway(settings);
      expect(gateway.output()).toContain(`:${settings.HTTP_PORT}`);
      // Redis, event store, exchange, projector, two workers and the API, beside the launcher.
      expect(gateway.pids.length).toBeGreaterThanOrEqual(8);

      for (const id of orders) expect(await getOrder(gateway.api, id)).toMatchObject({ status: 'submitted' });
      const response = await post(gateway.api, anOrder(1));
      expect(response.status).toBe(201);
      const { id } = (await response.json()) as { id: string };
      orders.push(id);
      await expectSettled(gateway, [id]);
      const { exchange_order_id } = await getOrder(gateway.api, id);
      const entry = (await readLedger(gateway.exchange)).find(({ client_order_id }) => client_order_id === id);
      expect(entry?.exchange_order_id).toBe(exchange_order_id);
      const list = (await (await fetch(`${gateway.api}/orders`)).json()) as { orders: { id: string }[] };
      expect(list.orders.map((order) => order.id)).toEqual(orders.toReversed());

      expect(await gateway.stop(signal)).toBe(0);
      expect(gateway.pids.filter(isRunning)).toEqual([]);
    },
  );

  it('runs several API processes behind one port in production, and logs JSON', async () => {
    const production = { ...(await privateSettings()), ENVIRONMENT: 'production', API_PROCESSES: '2' };
    const [adminPort] = await freePorts(3);
    const gateway = await runGateway({ ...production, API_ADMIN_PORT: String(adminPort), WORKER_PROCESSES: '3' });
    const ids: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      // A connection of its own for each request: the kernel picks the process that gets it.
      const response = await post(gateway.api, anOrder(n), { connection: 'close' });
      expect(response.status).toBe(201);
      ids.push(((await response.json()) as { id: string }).id);
    }
    const accepted = await Promise.all(
      [adminPort, adminPort + 1].map(async (port) => {
        const figures = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return Number(/^orders_accepted_total\{[^}]*replayed="false"[^}]*\} (\d+)$/m.exec(figures)?.[1] ?? 0);
      }),
    );
    expect(accepted.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(Math.min(...accepted)).toBeGreaterThan(0);
    await expectSettled(gateway, ids);
    expect(await gateway.stop('SIGTERM')).toBe(0);
    expect(gateway.pids.filter(isRunning)).toEqual([]);
    const lines = gateway.output().trim().split('\n');
    for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
  });

  it('lists its settings', async () => {
    const { stdout } = await run('./run.sh', ['--help'], { cwd: root });
    const settingsInExample = [...readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^# ([A-Z_]+)=/gm)];
    expect(settingsInExample.length).toBeGreaterThan(20);
    for (const [, name] of settingsInExample) expect(stdout).toContain(name);
  });

  it.each([
    ['HTTP_PORT', 'eighty'],
    ['WORKER_CONCURRENCY', '0'],
    ['LOG_LEVEL', 'loud'],
    ['EXCHANGE_FAILURE_RATE', '1.5'],
  ])('refuses %s=%s with one line that names it', async (name, value) => {
    const { code, output } = await failingRun({ ...(await privateSettings()), [name]: value });
    expect(code).not.toBe(0);
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(name);
    expect(lines[0]).toContain(value);
  });

  it.each(['EVENTSTORE_URL', 'REDIS_URL', 'EXCHANGE_URL'])(
    'refuses %s with one line that does not show it',
    async (name) => {
      const { code, output } = await failingRun({
        ...(await privateSettings()),
        [name]: 'ftp://user:hunter2@localhost',
      });
      expect(code).not.toBe(0);
      expect(output.trim()).toMatch(new RegExp(`^[^\\n]*${name} [^\\n]*$`));
      expect(output).not.toContain('hunter2');
    },
  );

  it.each([
    'HTTP_PORT',
    'REDIS_PORT',
    'EVENT_STORE_PORT',
    'EXCHANGE_PORT',
    'PROJECTOR_ADMIN_PORT',
    'WORKER_ADMIN_PORT',
  ])('says that the port is taken, and that %s would change it', async (name) => {
    const ports = await privateSettings();
    const squatter = createServer().listen(Number(ports[name]), '127.0.0.1');
    await once(squatter, 'listening');
    const { code, output } = await failingRun(ports);
    squatter.close();
    expect(code).not.toBe(0);
    expect(output).toContain(name);
    expect(output).toContain(ports[name]);
  });

  it('does not know an argument that it does not list', async () => {
    await expect(run('./run.sh', ['--fast'], { cwd: root })).rejects.toMatchObject({ code: 2 });
  });
});
