// infra/cluster in containers, as far as it goes without an image of EventStoreDB, of which nothing here can stand in for
// three: Redis behind TLS with its replica and its Sentinels, and the gateway's own way to them, by the very addresses
// that make-secrets.sh writes. What dies comes back as a replica, for its configuration was changed while it was gone.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containersAreRequired, findContainerRuntime } from '@orders/test-kit/containers/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCompose } from './compose-project.ts';

const root = join(import.meta.dirname, '../..');
const project = 'orders-cluster-test';
const network = `${project}-net`;
const subnet = '172.30.241';
const patience = { timeout: 120_000, interval: 500 };
const watched = ['redis-1', 'redis-2', 'sentinel-1', 'sentinel-2', 'sentinel-3'];
const outputBytesMax = 64 * 1_024 * 1_024;

async function imageIn(file: string, variable: string): Promise<string> {
  const text = await readFile(join(root, file), 'utf8');
  return process.env[variable] || (text.match(`(?:\\$\\{${variable}:-|ARG ${variable}=)([^}\\s]+)`)?.[1] ?? '');
}
const redisImage = await imageIn('infra/cluster/compose.yml', 'REDIS_IMAGE');
const nodeImage = await imageIn('infra/docker/Dockerfile', 'NODE_IMAGE');

async function findCommand(): Promise<readonly string[] | string> {
  const runtime = await findContainerRuntime([redisImage, nodeImage]);
  return runtime.available ? ((await findCompose()) ?? 'there is no docker compose') : runtime.reason;
}
const command = await findCommand();
if (typeof command === 'string') {
  if (containersAreRequired()) throw new Error(command);
  process.stderr.write(`skipped: the cluster in docker compose: ${command}\n`);
}

describe.skipIf(typeof command === 'string')('infra/cluster', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let passwords: Record<'redis' | 'sentinel', string>;

  const run = (program: string, args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(program, args, { cwd: root, env, maxBuffer: outputBytesMax }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${program} ${args.join(' ')}: ${stderr.slice(-2_000)}`)),
      );
    });
  const compose = (...args: string[]) => {
    const [program = '', ...first] = command;
    return run(program, [...first, '-p', project, '-f', 'infra/cluster/compose.yml', ...args]);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orders-cluster-'));
    env = {
      ...process.env,
      CLUSTER_SECRETS: join(folder, 'secrets'),
      CLUSTER_CERTIFICATES: join(folder, 'certificates'),
      SECRETS_DIR: join(folder, 'secrets'),
      CLUSTER_NETWORK: network,
      CLUSTER_SUBNET: subnet,
      SENTINEL_DOWN_AFTER_MS: '2000',
      SENTINEL_FAILOVER_TIMEOUT_MS: '6000',
    };
    await run('infra/cluster/make-certificates.sh', [join(folder, 'certificates')]);
    await run('infra/cluster/make-secrets.sh', [join(folder, 'secrets')]);
    const secret = async (name: string) => (await readFile(join(folder, 'secrets', name), 'utf8')).trim();
    passwords = { redis: await secret('redis_password'), sentinel: await secret('sentinel_password') };
    await compose('down', '--volumes');
  });
  afterAll(async () => {
    if (env !== undefined) await compose('down', '--volumes', '--timeout', '2');
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const redisCli = (service: string, password: string, ...words: string[]) => {
    const tls = ['redis-cli', '--tls', '--cacert', '/certificates/ca/ca.crt'];
    return compose('exec', '-T', '-e', `REDISCLI_AUTH=${password}`, service, ...tls, ...words);
  };
  const role = async (service: string) => (await redisCli(service, passwords.redis, 'ROLE')).split('\n')[0];
  const agreed = async (service: string) => {
    const master = await redisCli(service, passwords.sentinel, '-p', '26379', 'SENTINEL', 'MASTER', 'orders');
    return /^num-slaves\n1$/m.test(master) && /^num-other-sentinels\n2$/m.test(master);
  };

  /** What a process of the gateway finds, in a container beside: it writes, and asks by which name its server goes. */
  async function writtenBy(value: string): Promise<string> {
    const script = `
      import { readFileSync } from 'node:fs';
      import { failFast } from '/source/packages/redis/src/connection-profiles.ts';
      import { openRedis } from '/source/packages/redis/src/open-redis.ts';
      const url = readFileSync('/run/secrets/redis_url', 'utf8').trim();
      const redis = openRedis({ url, profile: failFast, log: { warn: () => {} }, onStop: () => {} });
      await new Promise((resolve) => redis.once('ready', resolve));
      const before = await redis.getset('orders-cluster-test', '${value}');
      console.log(before, (await redis.config('GET', 'replica-announce-ip'))[1], await redis.wait(1, 20000));
      process.exit(0);`;
    const mounts = [
      `${root}:/source:ro`,
      `${folder}/certificates/ca:/run/cluster:ro`,
      `${folder}/secrets/redis_url:/run/secrets/redis_url:ro`,
    ].flatMap((mount) => ['-v', mount]);
    const node = ['node', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
    return (await run('docker', ['run', '--rm', '--network', network, ...mounts, nodeImage, ...node])).trim();
  }

  it('has files that Compose understands, on its own and under the gateway', async () => {
    expect(await compose('config', '--services')).toMatch(/store-3/);
    const [program = '', ...first] = command;
    const files = ['docker-compose.yml', 'infra/docker/production.yml', 'infra/cluster/gateway.yml'];
    const merged = await run(program, [...first, ...files.flatMap((file) => ['-f', file]), 'config']);
    expect(merged).toMatch(/external: true/);
    expect(Object.values(passwords).filter((password) => merged.includes(password))).toEqual([]);
  });

  it('puts the replica in the place of a master that dies, and takes that one back as its replica', async () => {
    await compose('up', '-d', ...watched);
    for (const sentinel of watched.slice(2)) await expect.poll(() => agreed(sentinel), patience).toBe(true);
    expect(await writtenBy('one')).toBe('null redis-1 1');

    await compose('kill', 'redis-1');
    await expect.poll(() => role('redis-2'), patience).toBe('master');
    await compose('start', 'redis-1');
    await expect.poll(() => role('redis-1').catch(() => null), patience).toBe('slave');
    // Until it has all that its master has, it confirms no write.
    const link = () => redisCli('redis-1', passwords.redis, 'INFO', 'replication');
    await expect.poll(link, patience).toContain('master_link_status:up');
    expect(await writtenBy('two')).toBe('one redis-2 1');

    const logs = await compose('logs', '--no-color');
    const commands = await run('docker', ['ps', '--no-trunc', '--filter', `network=${network}`]);
    const shown = Object.values(passwords).filter((password) => `${logs}${commands}`.includes(password));
    expect(shown).toEqual([]);
  });
});
