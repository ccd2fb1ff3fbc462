import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { containerImageDefaults, containerImages } from './images.ts';

const composeFile = readFileSync(resolve(import.meta.dirname, '../../../../docker-compose.yml'), 'utf8');

describe('containerImages', () => {
  it.each(Object.entries(containerImageDefaults))('has for %s what docker-compose.yml runs', (name, image) => {
    const defaults = [...composeFile.matchAll(new RegExp(`\\$\\{${name}:-([^}]+)\\}`, 'g'))].map(([, found]) => found);
    expect(new Set(defaults)).toEqual(new Set([image]));
  });

  it('takes what the environment names, unless that is nothing', () => {
    expect(containerImages({ EVENTSTORE_IMAGE: 'kurrentplatform/kurrentdb:26.0', REDIS_IMAGE: '' })).toEqual({
      eventStore: 'kurrentplatform/kurrentdb:26.0',
      redis: containerImageDefaults.REDIS_IMAGE,
    });
  });

  it('pins a version of each: another one comes by a change of this repository', () => {
    for (const image of Object.values(containerImageDefaults)) expect(image).toMatch(/:\d+\.\d+(\.\d+)?$/);
  });
});
