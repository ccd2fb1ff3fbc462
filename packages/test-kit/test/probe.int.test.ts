// Where there are no containers, ./run_tests.sh has to say so in one line, and to go on, or to fail when it was told to.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const probe = join(import.meta.dirname, '../src/containers/probe.ts');

type Outcome = { code: number; output: string };

/** HOME holds settings of testcontainers. */
const runProbe = (env: Record<string, string>): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, HOME: tmpdir(), ...env } };
    const child = execFile(process.execPath, [probe], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });

/** A container runtime that has the images of this list, and no registry to pull others from. */
async function startRuntime(images: readonly string[]): Promise<string> {
  const server = createServer(({ url = '', method }, response) => {
    const path = decodeURIComponent(url);
    const image = /\/images\/(.+)\/json$/.exec(path)?.[1];
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (path.endsWith('/info')) answer(200, { ServerVersion: '20.10', OperatingSystem: 'Debian', OSType: 'linux' });
    else if (image !== undefined && images.includes(image)) answer(200, { Id: image });
    else if (image !== undefined) answer(404, { message: `No such image: ${image}` });
    else if (method === 'POST') answer(500, { message: 'Get "https://registry/v2/":\n dial tcp: no such host' });
    else answer(404, { message: `no such thing: ${path}` });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return `tcp://127.0.0.1:${address.port}`;
}

const images = { EVENTSTORE_IMAGE: 'store:1', REDIS_IMAGE: 'cache:2' };

describe('without a container runtime', () => {
  const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const line = 'nothing answers at DOCKER_HOST=unix:///nonexistent/docker.sock\n';

  it('a run goes on without containers, and says why in one line', async () => {
    expect(await runProbe(nowhere)).toEqual({ code: 75, output: line });
    expect(await runProbe({ ...nowhere, REQUIRE_CONTAINERS: '' })).toEqual({ code: 75, output: line });
  });

  it('a run that requires them fails', async () =>
    expect(await runProbe({ ...nowhere, REQUIRE_CONTAINERS: '1' })).toEqual({ code: 1, output: line }));
});

describe('with a container runtime', () => {
  it('a run has containers when it has the images', async () => {
    const DOCKER_HOST = await startRuntime(['store:1', 'cache:2']);
    expect(await runProbe({ ...images, DOCKER_HOST, REQUIRE_CONTAINERS: '1' })).toEqual({ code: 0, output: '' });
  });

  it('a run without an image that cannot be pulled names it, and why not, in one line', async () => {
    const DOCKER_HOST = await startRuntime(['cache:2']);
    const { code, output } = await runProbe({ ...images, DOCKER_HOST });
    expect(code).toBe(75);
    expect(output).toMatch(/^no image store:1, neither here nor from a registry \(.*no such host.*\)\n$/);
  });

  it('a runtime that hangs is none', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
    const DOCKER_HOST = `tcp://127.0.0.1:${address.port}`;
    const { code, output } = await runProbe({ ...images, DOCKER_HOST });
    expect(code).toBe(75);
    expect(output).toMatch(/^no container runtime answers, .*no answer within 10 s.*\n$/);
  });
});
