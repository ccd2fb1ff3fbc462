import { ConfigError } from '@orders/config/read-config';
import { describe, expect, it } from 'vitest';
import { redisAddress } from './redis-address.ts';

const files: Record<string, string> = { '/ca file.crt': 'CA', '/client.crt': 'CERT', '/client.key': 'KEY' };
const readFile = (path: string) => {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error('hunter2'), { code: 'ENOENT' });
  return content;
};
const addressOf = (url: string) => redisAddress(url, readFile);

describe('the address of a Redis', () => {
  it.each([
    ['redis://127.0.0.1:6390', { host: '127.0.0.1', port: 6390 }],
    ['redis://redis', { host: 'redis', port: 6379 }],
    ['redis://[::1]:6390/', { host: '::1', port: 6390 }],
    ['redis://:hunter2@redis/3', { host: 'redis', port: 6379, password: 'hunter2', db: 3 }],
    [
      'redis://gate%3Away:p%40ss%2F%3A%25@redis',
      { host: 'redis', port: 6379, username: 'gate:way', password: 'p@ss/:%' },
    ],
    ['redis://@redis', { host: 'redis', port: 6379 }],
  ])('is understood: %s', (url, options) => expect(addressOf(url)).toEqual(options));

  it('says what TLS needs', () => {
    expect(addressOf('rediss://redis').tls).toEqual({});
    expect(addressOf('rediss://redis?tlsCaFile=/ca%20file.crt').tls).toEqual({ ca: 'CA' });
    expect(
      addressOf(
        'rediss://redis?tlscafile=/ca%20file.crt&tlsCertFile=/client.crt&tlsKeyFile=/client.key&tlsServerName=r',
      ).tls,
    ).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'r' });
  });

  it('says where Sentinels are, what they call the master, and who asks', () => {
    const { failoverDetector, sentinelCommandTimeout, ...options } = addressOf(
      'redis+sentinel://gateway:p%40ss@s1,s2:5000,[::1]/orders/2?sentinelPassword=watch%26me&sentinelUser=look',
    );
    expect(options).toEqual({
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 5_000 },
        { host: '::1', port: 26_379 },
      ],
      name: 'orders',
      role: 'master',
      username: 'gateway',
      password: 'p@ss',
      db: 2,
      sentinelUsername: 'look',
      sentinelPassword: 'watch&me',
    });
  });

  it('uses TLS towards Redis and towards Sentinels', () => {
    const options = addressOf('rediss+sentinel://s1/orders?tlsCaFile=/ca%20file.crt');
    expect(options).toMatchObject({ tls: { ca: 'CA' }, sentinelTLS: { ca: 'CA' }, enableTLSForSentinelMode: true });
  });
});

describe('an address that cannot be used', () => {
  it.each([
    ['redis://:hunter2@redis/x', 'the number of a database'],
    ['redis://:hunter2@redis/1/2', 'goes on where it has to end'],
    ['redis://:hunter2@redis:0', 'a port that there is not'],
    ['redis://:hunter2@redis:65536', 'a port that there is not'],
    ['redis://:hun:hunter2@redis', 'more than one colon'],
    ['redis://hunter2@redis', 'names a user without a password'],
    ['redis://:hunter2@a,b', 'only redis+sentinel:// can'],
    ['redis://:hunter2%@redis', 'has a % in it that encodes nothing'],
    ['redis://:hunter2%ff@redis', 'has a % in it that encodes nothing'],
    ['redis://:hunter2/@redis', 'has to look like'],
    ['redis://:hun@hunter2@redis', 'has to look like'],
    ['redis://:hunter2?@redis', 'has to look like'],
    ['redis://:hunter2', 'has a host that cannot be understood'],
    ['hunter2', 'has to look like'],
    ['rediss://redis?hunter2=1', 'has an option other than tlsCaFile, tlsCertFile, tlsKeyFile, tlsServerName'],
    ['rediss://redis?sentinelPassword=hunter2', 'has an option other than tlsCaFile'],
    ['rediss://redis?tlsCaFile=/hunter2', 'has the option tlsCaFile, which names a file that cannot be read (ENOENT)'],
    ['rediss://redis?tlsCaFile=/ca%20file.crt&tlsCaFile=/hunter2', 'has the option tlsCaFile twice'],
    ['rediss://redis?tlsCertFile=/client.crt', 'has only one of tlsCertFile and tlsKeyFile'],
    ['rediss://redis?tlsCaFile', 'has the option tlsCaFile, which needs one value'],
    ['redis://:hunter2@redis?tlsCaFile=/ca', 'has the option tlsCaFile, which only rediss:// can use'],
    ['redis+sentinel://:hunter2@s1', 'the name that the Sentinels give the master'],
    ['redis+sentinel://:hunter2@s1,/orders', 'has a host that cannot be understood'],
    ['redis+sentinel://:hunter2@s1/orders/1/2', 'goes on where it has to end'],
  ])('is refused without a word of its own: %s', (url, problem) => {
    const reading = () => addressOf(url);
    expect(reading).toThrow(ConfigError);
    expect(reading).toThrow(problem);
    expect(reading).toThrow(/^REDIS_URL /);
    expect(reading).not.toThrow('hunter2');
  });
});
