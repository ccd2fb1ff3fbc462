// The rules of the house that no linter keeps. Each one protects something that a reader, or an outage, would miss.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const sources = tracked.filter((path) => /^(apps|packages)\/[^/]+\/src\/.*\.ts$/.test(path));
const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('packages/test-kit/');
const isMain = (path: string) =>
  path.endsWith('/main.ts') || /^apps\/proving-ground\/src\/(bench|torture)-[a-z-]+\.ts$/.test(path);
const production = sources.filter((path) => !isTest(path));

/** The files that break a rule, so that a failure names them. */
const offenders = (paths: readonly string[], breaks: (text: string, path: string) => boolean) =>
  paths.filter((path) => breaks(read(path), path));

describe('the tree', () => {
  it('has at its top what the design names', () => {
    const top = [
      'apps',
      'packages',
      'infra',
      'docker-compose.yml',
      'turbo.json',
      'package.json',
      'pnpm-workspace.yaml',
    ];
    const scripts = ['.env.example', 'run.sh', 'run_tests.sh', 'solution.md', 'README.md', '.ci/run'];
    expect([...top, ...scripts].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('has no drawer for things without a name', () =>
    expect(tracked.filter((path) => /(^|\/)(utils?|helpers?|common|misc|managers?)(\/|\.ts$)/.test(path))).toEqual([]));

  it('has no barrels', () => expect(sources.filter((path) => path.endsWith('/index.ts'))).toEqual([]));

  it('keeps files to what can be read in one sitting', () =>
    expect(offenders(production, (text) => text.split('\n').length > 301)).toEqual([]));

  it('keeps comments, which no formatter wraps, to lines of 120 characters', () =>
    expect(offenders(sources, (text) => /^\s*(\/\/|\/?\*).{119}/m.test(text))).toEqual([]));

  it('begins a file of more than a few lines by saying what it is for', () => {
    const silent = offenders(production, (text) => text.split('\n').length > 60 && !text.startsWith('//'));
    expect(silent).toEqual([]);
  });
});

describe('what reaches outside', () => {
  it('reads the environment in what is started as a process, and only there', () =>
    expect(
      offenders(
        production.filter((path) => !isMain(path)),
        (text) => /\bprocess\.env\b/.test(text),
      ),
    ).toEqual([]));

  it('opens connections where processes are put together, and in the three functions made for it', () => {
    const opening = [
      'packages/order-store/src/open-event-store.ts',
      'packages/placement-queue/src/open-placement-queue.ts',
      'packages/redis/src/open-redis.ts',
    ];
    const client =
      /\bnew (Redis|Queue|Worker|QueueEvents|Agent|Pool|EventStoreDBClient)\b|EventStoreDBClient\.connectionString/;
    const elsewhere = production.filter((path) => !isMain(path));
    // A thread is no connection, though its class has the name of BullMQ's.
    const opens = (text: string) =>
      client.test(text.includes("'node:worker_threads'") ? text.replaceAll('new Worker', '') : text);
    expect(offenders(elsewhere, opens).toSorted()).toEqual(opening);
  });

  it('ends the process, and listens to signals, in one place for services and one for commands', () =>
    expect(offenders(production, (text) => /\bprocess\.(exit\(|on\(|once\()/.test(text))).toEqual([
      'packages/lifecycle/src/interruption.ts',
      'packages/lifecycle/src/run-service.ts',
    ]));
});

type Manifest = { name: string; dependencies?: Record<string, string>; devDependencies?: Record<string, string> };
const manifest = (folder: string) => JSON.parse(read(`${folder}/package.json`)) as Manifest;
const folders = [...new Set(sources.map((path) => path.split('/').slice(0, 2).join('/')))];

describe('the walls', () => {
  it('keep the domain free of everything else', () => {
    expect(manifest('packages/domain').dependencies ?? {}).toEqual({});
    const imports = production
      .filter((path) => path.startsWith('packages/domain/') && !path.endsWith('generators.ts'))
      .flatMap((path) => [...read(path).matchAll(/from '([^']+)'/g)].map(([, from]) => from ?? ''));
    expect(imports.filter((from) => !from.startsWith('./') && from !== 'node:util')).toEqual([]);
  });

  it('let packages know no app, and apps no other app', () => {
    const apps = new Set(folders.filter((folder) => folder.startsWith('apps/')).map((folder) => manifest(folder).name));
    // The launcher and the proving ground start the others; the test kit stands on the embedded event store.
    const above = new Set(['apps/launcher', 'apps/proving-ground', 'packages/test-kit']);
    const breaches = folders
      .filter((folder) => !above.has(folder))
      .filter((folder) => Object.keys(manifest(folder).dependencies ?? {}).some((name) => apps.has(name)));
    expect(breaches).toEqual([]);
  });

  it('let data flow one way: api, order store, projector, queue, worker', () => {
    const may: Record<string, string[]> = {
      'packages/order-store': ['@orders/domain'],
      'packages/read-model': ['@orders/domain', '@orders/order-store', '@orders/redis'],
      'packages/placement-queue': ['@orders/domain', '@orders/lifecycle', '@orders/redis'],
      'packages/stock-exchange': ['@orders/domain'],
    };
    for (const [folder, allowed] of Object.entries(may)) {
      const house = Object.keys(manifest(folder).dependencies ?? {}).filter((name) => name.startsWith('@orders/'));
      expect(
        house.filter((name) => !allowed.includes(name)),
        folder,
      ).toEqual([]);
    }
  });

  it('are written down: what is imported is declared', () => {
    const breaches = production.flatMap((path) => {
      const folder = path.split('/').slice(0, 2).join('/');
      const { dependencies = {}, devDependencies = {} } = manifest(folder);
      const imported = [...read(path).matchAll(/from '((?:@[a-z-]+\/)?[a-z-]+)[^']*'/g)].map(([, name]) => name ?? '');
      const undeclared = imported.filter((name) => !(name in dependencies) && !(name in devDependencies));
      return undeclared.filter((name) => name !== 'node').map((name) => `${path}: ${name}`);
    });
    expect(breaches).toEqual([]);
  });

  // Containers install no devDependencies: what is only among these is missing when the process starts.
  it('let production run on what production installs', () => {
    const installed = production.filter((path) => !path.startsWith('apps/proving-ground/'));
    const breaches = installed.flatMap((path) => {
      const { devDependencies = {} } = manifest(path.split('/').slice(0, 2).join('/'));
      const loaded = read(path).matchAll(/^(?:import|export) (?!type )[^;]*?from '((?:@[a-z-]+\/)?[a-z-]+)/gm);
      return [...loaded].flatMap(([, name = '']) => (name in devDependencies ? [`${path}: ${name}`] : []));
    });
    // Orders at random, for tests of several packages.
    expect(breaches).toEqual(['packages/domain/src/generators.ts: fast-check']);
  });
});

describe('what is committed', () => {
  it('names no machine: no home folders, no registries other than the public one', () => {
    const lock = read('pnpm-lock.yaml');
    expect(lock.match(/https?:\/\/(?!registry\.npmjs\.org)[^\s'"]+/g) ?? []).toEqual([]);
    const text = tracked.filter((path) => /\.(ts|json|ya?ml|sh|md)$/.test(path) && path !== 'pnpm-lock.yaml');
    expect(offenders(text, (content) => /\/(home|Users)\/[a-z]|\/root\//.test(content))).toEqual([]);
  });
});

describe('what was stored', () => {
  // A golden event that is changed no longer shows that what was stored in its form can be read.
  it('has golden events that are only ever added', () => {
    const changed = (...args: string[]) =>
      execFileSync('git', [...args, '--no-renames', '--diff-filter=a', '--name-only', '--', ':(glob)**/golden/**'], {
        cwd: root,
        encoding: 'utf8',
      });
    expect(changed('log', '--format=')).toBe('');
    expect(changed('diff', 'HEAD')).toBe('');
  });
});
