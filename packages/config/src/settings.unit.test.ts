import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { readConfig } from './read-config.ts';
import { redisSettings } from './settings.ts';

describe('REDIS_URL', () => {
  const read = (REDIS_URL: string) => () => readConfig(Type.Object(redisSettings), { REDIS_URL });

  it.each([
    'redis://127.0.0.1:6390',
    'rediss://gateway:p%40ss@redis:6380/2?tlsCaFile=/run/secrets/ca.crt',
    'redis+sentinel://:p%40ss@s1:26379,s2:26379/orders/0?sentinelPassword=x%26y',
    ' redis://a:1\n rediss+sentinel://s1,s2/orders ',
  ])('takes %j', (url) => expect(read(url)).not.toThrow());

  it.each([
    'redis://:hun/ter2@redis',
    'redis://:hun@ter2@redis',
    'redis://:hun?ter2@redis',
    'redis://:hun ter2@redis',
    'redis://:hun,ter2@redis',
    'redis://:hun#ter2@redis',
    'redis://:hun%ter2@redis',
    'redis://:hun:ter2@redis',
    'redis+sentinel://:hunter2@s1',
    'memcached://:hunter2@redis',
    'redis://a redis://:hun/ter2@b',
  ])('is refused, unseen, when it could be understood in two ways: %s', (url) => {
    expect(read(url)).toThrow(/^REDIS_URL has to be an address such as /);
    expect(read(url)).not.toThrow(/hun|ter2/);
  });
});
