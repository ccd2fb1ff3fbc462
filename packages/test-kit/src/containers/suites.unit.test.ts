// A test that uses an event store or Redis and is forgotten here would never meet the servers of production.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { containerSuites, notInContainers } from './suites.ts';

const root = resolve(import.meta.dirname, '../../../..');
const filesOf = (patterns: readonly string[]) => globSync(patterns, { cwd: root }).toSorted();

/** Whether a file of tests, or one that it imports, has its servers from the test kit. */
function usesServers(path: string, seen = new Set<string>()): boolean {
  if (seen.has(path)) return false;
  seen.add(path);
  const text = readFileSync(join(root, path), 'utf8');
  if (/'@orders\/test-kit\/(event-store|redis-url)'/.test(text)) return true;
  const imported = [...text.matchAll(/from '(\.{1,2}\/[^']+)'/g)].map(([, name]) => join(dirname(path), name ?? ''));
  return imported.some((file) => existsSync(join(root, file)) && usesServers(file, seen));
}

describe('the suites that run in containers', () => {
  const users = filesOf(['{apps,packages}/*/test/**/*.int.test.ts']).filter((path) => usesServers(path));

  it('are all that use an event store or Redis of the test kit, or have a reason not to', () => {
    expect(users.length).toBeGreaterThan(0);
    const chosen = new Set(filesOf(containerSuites));
    expect(users.filter((path) => !chosen.has(path))).toEqual([]);
  });

  it('leave out only what would be chosen', () => {
    const chosen = new Set(filesOf(containerSuites));
    expect(Object.keys(notInContainers).filter((path) => !chosen.has(path))).toEqual([]);
  });
});
