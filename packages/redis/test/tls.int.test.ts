// rediss:// and users of an ACL, all the way: what the address says is what the server sees, and what fails is said
// without the password.
import { type TestCertificates, testCertificates } from '@orders/test-kit/certificates';
import { startRedis, type TestRedis } from '@orders/test-kit/redis-server';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { failFast } from '../src/connection-profiles.ts';
import { openRedis } from '../src/open-redis.ts';

const patience = { timeout: 20_000 };
const password = 'p@ss/w:rd%';
const encoded = encodeURIComponent(password);

let certificates: TestCertificates;
let strangers: TestCertificates;
let redis: TestRedis;
beforeAll(async () => {
  [certificates, strangers] = await Promise.all([testCertificates(), testCertificates()]);
  redis = await startRedis((port) => [
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file ${certificates.certFile}`,
    `tls-key-file ${certificates.keyFile}`,
    `tls-ca-cert-file ${certificates.caFile}`,
    'tls-auth-clients optional',
    'user default off',
    `user gateway on >${password} ~* &* +@all`,
  ]);
});
afterAll(async () => {
  await redis?.stop();
  await Promise.all([certificates?.remove(), strangers?.remove()]);
});

function open(userinfo: string, query: string) {
  const reported: Error[] = [];
  const connection = openRedis({
    url: `rediss://${userinfo}@127.0.0.1:${redis.port}/1${query}`,
    profile: failFast,
    log: { warn: (details) => reported.push((details as { err: Error }).err) },
    onStop: (_name, step) => onTestFinished(() => void step()),
  });
  return { connection, reported };
}

describe('a Redis behind TLS', () => {
  it('is reached under the authority, the user and the database of the address', async () => {
    const { connection } = open(`gateway:${encoded}`, `?tlsCaFile=${encodeURIComponent(certificates.caFile)}`);
    await vi.waitFor(() => expect(connection.status).toBe('ready'), patience);
    expect(await connection.acl('WHOAMI')).toBe('gateway');
    expect(await connection.client('INFO')).toMatch(/ db=1 /);
  });

  it('gets the certificate of the client', async () => {
    const { caFile, certFile, keyFile } = certificates;
    const query = `?tlsCaFile=${caFile}&tlsCertFile=${certFile}&tlsKeyFile=${keyFile}`;
    const strict = open(`gateway:${encoded}`, `?tlsCaFile=${caFile}`);
    await vi.waitFor(() => expect(strict.connection.status).toBe('ready'), patience);
    await strict.connection.config('SET', 'tls-auth-clients', 'yes');
    onTestFinished(() => void strict.connection.config('SET', 'tls-auth-clients', 'optional'));
    const { connection } = open(`gateway:${encoded}`, query);
    await vi.waitFor(() => expect(connection.status).toBe('ready'), patience);
    const without = open(`gateway:${encoded}`, `?tlsCaFile=${caFile}`);
    await vi.waitFor(() => expect(without.reported).not.toEqual([]), patience);
    expect(without.connection.status).not.toBe('ready');
  });

  it('is not trusted on the word of another authority', async () => {
    const { connection, reported } = open(`gateway:${encoded}`, `?tlsCaFile=${strangers.caFile}`);
    await vi.waitFor(() => expect(reported).not.toEqual([]), patience);
    expect(reported[0]?.message).toMatch(/certificate/);
    expect(connection.status).not.toBe('ready');
  });

  it('turns a wrong password away, in words that do not hold it', async () => {
    const { reported } = open('gateway:hunter2', `?tlsCaFile=${certificates.caFile}`);
    await vi.waitFor(() => expect(reported).not.toEqual([]), patience);
    expect(reported[0]?.message).toMatch(/WRONGPASS/);
    expect(reported[0]?.message).not.toContain('hunter2');
  });
});
