// What make-local-images.sh says where it cannot, or must not, make stand-ins. Commands are those of a machine that is
// made up, so that nothing here touches a docker daemon.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const always = ['bash', 'cat', 'dirname', 'head', 'sed'];

let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'orders-images-'));
  for (const command of always) symlinkSync(join('/bin', command), join(bin, command));
});
afterEach(() => rmSync(bin, { recursive: true, force: true }));

type Outcome = { code: number; stdout: string; stderr: string };

/** Runs the script where there are only these commands, beside the most common ones. */
function makeLocalImages(
  args: readonly string[],
  commands: Record<string, string>,
  images: Record<string, string> = {},
): Promise<Outcome> {
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  }
  const options = { cwd: root, env: { PATH: bin, ...images } };
  return new Promise((done) => {
    execFile('/bin/bash', ['infra/docker/make-local-images.sh', ...args], options, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** A daemon that has these images; a label stands for a stand-in. Whatever else it is told, it writes into a file. */
const dockerWith = (images: Record<string, string>) => `
case "$1 $2" in
  'image inspect')
    case "\${@: -1}" in
${Object.entries(images)
  .map(([name, label]) => `      ${name}) echo '${label}' ;;`)
  .join('\n')}
      *) exit 1 ;;
    esac ;;
  info*) ;;
  *) echo "$*" >>"${bin}/asked" ;;
esac`;

const complaint = (text: string) => ({ code: 1, stderr: `make-local-images.sh: ${text}\n` });
const installed = { debootstrap: 'exit 0', npm: 'exit 0' };

describe('make-local-images.sh', () => {
  it('says in one line what is missing', async () => {
    expect(await makeLocalImages([], {})).toMatchObject(complaint('docker is needed: install docker.io, or Docker'));
    expect(await makeLocalImages([], { docker: 'exit 1' })).toMatchObject(
      complaint('debootstrap is needed: install the package of this name'),
    );
  });

  it('says that no daemon answers', async () =>
    expect(await makeLocalImages([], { docker: 'exit 1', ...installed })).toMatchObject(
      complaint('no docker daemon answers: start it, or set DOCKER_HOST'),
    ));

  it('does not overwrite an image that is no stand-in', async () => {
    const docker = dockerWith({ 'redis:real': '', 'debian:bookworm-slim': 'debian' });
    expect(await makeLocalImages([], { docker, ...installed }, { REDIS_IMAGE: 'redis:real' })).toMatchObject(
      complaint('redis:real is there and is no stand-in: use it as it is, or overwrite it with --replace'),
    );
    expect(existsSync(join(bin, 'asked'))).toBe(false);
  });

  it('removes stand-ins, and nothing else', async () => {
    const docker = dockerWith({ 'redis:real': '', 'nginx:stand-in': 'nginx' });
    const images = { REDIS_IMAGE: 'redis:real', NGINX_IMAGE: 'nginx:stand-in' };
    expect(await makeLocalImages(['--remove'], { docker }, images)).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(bin, 'asked'), 'utf8')).toBe('image rm nginx:stand-in\n');
  });

  it('names every image in its help, and refuses what it does not know', async () => {
    const help = await makeLocalImages(['--help'], {});
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['debian', 'node', 'redis', 'eventstore', 'nginx', 'prometheus'])
      expect(help.stdout).toMatch(name);
    expect(await makeLocalImages(['--frehs'], {})).toMatchObject(complaint('unknown argument --frehs (try --help)'));
  });
});
