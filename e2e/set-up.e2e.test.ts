// What a machine is told that lacks something which the scripts may not, or cannot, install.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const nobody = 65_534;

let folder: string;

beforeEach(() => {
  // Readable for anybody, as the repository itself need not be.
  folder = mkdtempSync(join(tmpdir(), 'orders-set-up-'));
  mkdirSync(join(folder, 'bin'));
  cpSync(resolve(import.meta.dirname, '../infra/set-up.sh'), join(folder, 'set-up.sh'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Runs a function of set-up.sh as nobody, on a machine that has only these commands; resolves to what it complains of.
 */
async function complaintOf(step: string, commands: Record<string, string>): Promise<string> {
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  }
  symlinkSync('/bin/bash', join(folder, 'bin/bash'));
  await run('chmod', ['-R', 'a+rX', folder]);
  const asRoot = process.getuid?.() === 0;
  const failure = await run('/bin/bash', ['-c', `set -euo pipefail; source ./set-up.sh; ${step}`, 'run.sh'], {
    cwd: folder,
    env: { PATH: join(folder, 'bin') },
    ...(asRoot ? { uid: nobody, gid: nobody } : {}),
  }).then(
    () => null,
    (error: { code: number; stderr: string }) => error,
  );
  expect(failure?.code).toBe(1);
  return failure?.stderr.trim() ?? '';
}

describe('the set-up', () => {
  it('says what to install when Redis is missing and only root may install it', async () => {
    const complaint = await complaintOf('install_redis', { 'apt-get': 'exit 0' });
    expect(complaint.split('\n')).toHaveLength(1);
    expect(complaint).toMatch(/^run\.sh: .*only root.*install redis-server, or set REDIS_URL/);
  });

  it('says what to install when it knows no package manager', async () => {
    const complaint = await complaintOf('install_redis', {});
    expect(complaint).toMatch(/^run\.sh: .*no package manager.*install redis-server, or set REDIS_URL/);
  });

  it('asks for Node.js where there is none, and for a newer one where it is too old', async () => {
    expect(await complaintOf('check_node', {})).toMatch(/Node\.js 18 or newer with npm is needed/);
    rmSync(join(folder, 'bin/bash'));
    const old = { node: 'echo v16.20.2', npm: 'exit 0' };
    expect(await complaintOf('check_node', old)).toBe('run.sh: Node.js 18 or newer is needed, but this is v16.20.2');
  });

  it('shows what a failing installation said', async () => {
    const complaint = await complaintOf('install_packages', {
      npx: 'echo "registry not reachable" >&2; exit 1',
      sed: 'echo pnpm@1.2.3',
    });
    expect(complaint).toContain('registry not reachable');
    expect(complaint).toContain('run.sh: failed: npx --yes pnpm@1.2.3 install');
  });
});
