import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const scripts = join(import.meta.dirname, '../../infra/cluster');
const hosts = ['store-1', 'store-2', 'store-3', 'redis-1', 'redis-2', 'sentinel-1', 'sentinel-2', 'sentinel-3'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-cluster-'));
  await run(join(scripts, 'make-certificates.sh'), [folder]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const verify = (host: string, ...checks: string[]) =>
  run('openssl', ['verify', '-x509_strict', '-CAfile', `${folder}/ca/ca.crt`, ...checks, `${folder}/${host}/node.crt`]);

describe('make-certificates.sh', () => {
  it.each(hosts)('lets %s prove who it is, as a server and as a client', async (host) => {
    await verify(host, '-purpose', 'sslserver', '-verify_hostname', host);
    await verify(host, '-purpose', 'sslclient');
    await expect(verify(host, '-verify_hostname', 'elsewhere')).rejects.toThrow();
  });

  it('gives all nodes of EventStoreDB the one name that it asks for', async () => {
    const names = await Promise.all(
      hosts.map((host) => run('openssl', ['x509', '-noout', '-subject', '-in', `${folder}/${host}/node.crt`])),
    );
    for (const { stdout } of names) expect(stdout).toMatch(/CN ?= ?eventstoredb-node/);
  });

  it('shows keys to nobody but their owner', async () => {
    for (const key of ['authority/ca.key', ...hosts.map((host) => `${host}/node.key`)])
      expect(((await stat(join(folder, key))).mode & 0o077).toString(8)).toBe('0');
  });

  it('keeps what is there, and makes what is missing under the same authority', async () => {
    const before = await readFile(join(folder, 'store-1/node.crt'), 'utf8');
    await rm(join(folder, 'store-2'), { recursive: true });
    await run(join(scripts, 'make-certificates.sh'), [folder]);
    expect(await readFile(join(folder, 'store-1/node.crt'), 'utf8')).toBe(before);
    await verify('store-2', '-verify_hostname', 'store-2');
  });
});

describe('make-secrets.sh', () => {
  it('makes passwords once, and addresses that the gateway takes', async () => {
    const secrets = join(folder, 'secrets');
    const read = async (name: string) => (await readFile(join(secrets, name), 'utf8')).trim();
    await run(join(scripts, 'make-secrets.sh'), [secrets]);
    const password = await read('redis_password');
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    await run(join(scripts, 'make-secrets.sh'), [secrets]);
    expect(await read('redis_password')).toBe(password);
    expect(await read('redis_url')).toContain(
      `rediss+sentinel://:${password}@sentinel-1,sentinel-2,sentinel-3/orders?`,
    );
    expect(await read('eventstore_url')).toContain('@store-1:2113,store-2:2113,store-3:2113?tls=true');
    const all = await Promise.all(['eventstore_password', 'redis_password', 'sentinel_password'].map(read));
    expect(new Set(all).size).toBe(3);
  });
});
