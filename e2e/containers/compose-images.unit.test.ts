// Versions that stand in more than one place, because neither Docker nor Compose can take them from another.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('infra/docker/Dockerfile');

it.each(['NODE_IMAGE', 'RUNTIME_IMAGE'])('docker-compose.yml and the Dockerfile mean the same %s', (name) => {
  const [, image] = new RegExp(`^ARG ${name}=(.+)$`, 'm').exec(dockerfile) ?? [];
  expect(image).toMatch(/:/);
  expect(compose).toContain(`\${${name}:-${image}}`);
});

it('the image has the Node.js that the tests run on', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
  expect(dockerfile).toContain(`\nARG NODE_IMAGE=node:${devDependencies.node}-`);
});

it('no image is taken at whatever version is the newest', () => {
  const images = [...compose.matchAll(/^\s*image: \$\{[A-Z]+_IMAGE:-(.+)\}$/gm)].map(([, image]) => image ?? '');
  expect(images.length).toBeGreaterThan(4);
  expect(images.filter((image) => image !== 'order-gateway' && !/:v?\d/.test(image))).toEqual([]);
});
