// The way the gateway is meant to run: in containers, by docker-compose.yml alone. The processes are scaled, restarted
// and killed, every one of them, while orders are posted; then the audit of the orders command must find every
// acknowledged order placed, once, and `down` and `up` must lose nothing of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersAreRequired, findContainerRuntime } from '@orders/test-kit/containers/runtime';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { anOrder, getOrder, post } from '../order-client.ts';
import { type Load, postWhile } from './compose-load.ts';
import { type ComposeProject, composeProject, type Docker, findCompose } from './compose-project.ts';
import { crash, expectHealthy, killAndStart, restartEach } from './compose-strikes.ts';

const root = join(import.meta.dirname, '../..');
const minutes = 60_000;

// What takes a minute in production, for good reasons, takes seconds here.
const impatience = {
  EXCHANGE_LATENCY_MS: '50',
  EXCHANGE_TIMEOUT_MS: '3000',
  PLACEMENT_LOCK_MS: '5000',
  SWEEP_INTERVAL_MS: '1000',
  SWEEP_AFTER_MS: '5000',
};
const firstCounts = { eventstore: 1, redis: 1, exchange: 1, projector: 2, worker: 1, api: 1, balancer: 1 };
const scaledCounts = { ...firstCounts, worker: 4, api: 3 };
const scaled = ['--scale', 'worker=4', '--scale', 'api=3'];
const files = ['docker-compose.yml', 'infra/docker/production.yml'];

/** The defaults of docker-compose.yml and the Dockerfile, or what the environment has in their place. */
function imagesNeeded(): string[] {
  const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  const names = ['EVENTSTORE_IMAGE', 'REDIS_IMAGE', 'NGINX_IMAGE', 'PROMETHEUS_IMAGE', 'NODE_IMAGE', 'RUNTIME_IMAGE'];
  return names.map((name) => process.env[name] || (compose.match(`\\$\\{${name}:-([^}]+)\\}`)?.[1] ?? ''));
}

async function findDocker(): Promise<{ docker: Docker; command: readonly string[] } | string> {
  const runtime = await findContainerRuntime(imagesNeeded());
  if (!runtime.available) return runtime.reason;
  const command = await findCompose();
  return command === null
    ? 'there is neither docker compose nor docker-compose'
    : { docker: runtime.client.container.dockerode, command };
}

const found = await findDocker();
if (typeof found === 'string') {
  if (containersAreRequired()) throw new Error(found);
  process.stderr.write(`skipped: the gateway in docker compose: ${found}\n`);
}

describe.skipIf(typeof found === 'string')('docker compose up', () => {
  let project: ComposeProject;
  let docker: Docker;
  let load: Load;

  beforeAll(async () => {
    if (typeof found === 'string') throw new Error(found);
    docker = found.docker;
    project = await composeProject(docker, found.command, impatience);
    // What a run before this one may have left, had it been killed.
    await project.compose(['down', '--volumes', '--remove-orphans']);
    await project.compose(['build', 'api']);
    await project.compose(['up', '-d', '--no-build']);
    await expectHealthy(project, firstCounts);
  }, 15 * minutes);
  afterAll(async () => {
    await project?.compose(['down', '--volumes', '--remove-orphans', '--timeout', '2']);
    await docker?.getImage(project.image).remove();
  }, 5 * minutes);

  const showLogsIfItFails = () =>
    onTestFailed(async () => {
      const logs = await project.attempt(['logs', '--no-color', '--tail', '40']);
      process.stdout.write(logs.stdout);
    });

  it.each([
    ['development', []],
    ['development with all profiles', ['--profile', 'embedded', '--profile', 'observability', '--profile', 'tools']],
    ['production', files.flatMap((file) => ['-f', file])],
    ['production on a single node', [...files.flatMap((file) => ['-f', file]), '--profile', 'single-node']],
  ])('is understood by Compose for %s', async (_kind, options) => {
    expect(await project.attempt([...options, 'config', '--quiet'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('makes an image of less than 350 MB, with no test in it and no secret', async () => {
    const image = await docker.getImage(project.image).inspect();
    expect(image.Size).toBeLessThan(350_000_000);
    const history = await docker.getImage(project.image).history();
    const told = JSON.stringify([history, image.Config]);
    expect(told).not.toMatch(/(password|passwd|secret|token|_auth|api_?key)\s*[=:]/i);
    const unwanted = "-name '*.test.ts' -o -name '.env*' -o -name .npmrc -o -name .git -o -name test-kit -path '*/src'";
    expect(await project.compose(['exec', '-T', 'api', 'bash', '-c', `find /gateway ${unwanted}`])).toBe('');
    const left = 'cd /gateway/node_modules/.pnpm && ls -d vitest@* vite@* rolldown@* testcontainers@* fast-check@*';
    const developersOnly = await project.attempt(['exec', '-T', 'api', 'bash', '-c', left]);
    expect(developersOnly.stdout).toBe('');
  });

  it('runs our processes without root, without capabilities, and on a file system that they cannot write to', async () => {
    for (const service of ['api', 'worker', 'projector', 'exchange', 'balancer']) {
      const script =
        'id -u; grep CapBnd /proc/1/status; grep NoNewPrivs /proc/1/status; touch /touched || echo refused';
      const output = await project.compose(['exec', '-T', service, 'bash', '-c', script]);
      expect(output, service).toMatch(/^(1000|101)\nCapBnd:\s0+\nNoNewPrivs:\s1\nrefused\n$/);
    }
  });

  it('lets Prometheus find every process, however many there are', async () => {
    showLogsIfItFails();
    await project.compose(['--profile', 'metrics', 'up', '-d', '--no-build']);
    const query = ['promtool', 'query', 'instant', 'http://localhost:9090', 'count by (job) (up == 1)'];
    const figures = async () => {
      const { stdout } = await project.attempt(['exec', '-T', 'prometheus', ...query]);
      return Object.fromEntries(
        [...stdout.matchAll(/job="([a-z]+)"} => (\d+)/g)].map(([, job, up]) => [job, Number(up)]),
      );
    };
    await expect
      .poll(figures, { timeout: 3 * minutes, interval: 2_000 })
      .toEqual({ api: 1, projector: 2, worker: 1, exchange: 1, eventstore: 1 });
    await project.compose(['--profile', 'metrics', 'rm', '--force', '--stop', '-v', 'prometheus']);
  });

  it('opens one port, the one of the balancer, and keeps figures inside', async () => {
    const published: string[] = [];
    for (const container of await project.containers()) {
      const { Config, NetworkSettings } = await container.inspect();
      for (const [port, bindings] of Object.entries(NetworkSettings.Ports)) {
        if (bindings) published.push(`${Config.Labels['com.docker.compose.service']} ${port}`);
      }
    }
    expect(published).toEqual(['balancer 8080/tcp']);
    expect((await fetch(`${project.api}/metrics`)).status).toBe(404);
    expect((await fetch(`${project.api}/health/ready`)).status).toBe(200);
  });

  it('sends each order with a key to an API that answers, while every API is restarted', {
    timeout: 15 * minutes,
  }, async () => {
    showLogsIfItFails();
    await project.compose(['up', '-d', '--no-build', ...scaled]);
    await expectHealthy(project, scaledCounts);
    const { statuses, acknowledged } = await postWhile(project.api, () => restartEach(project, 'api'));
    // 503: an API that is there, and says that it cannot take an order now.
    expect([...statuses.keyed.keys()].filter((status) => status !== '201' && status !== '503')).toEqual([]);
    expect(statuses.keyed.get('201')).toBeGreaterThan(0);
    process.stdout.write(`rolling restart: ${JSON.stringify(Object.fromEntries(statuses.single))} without a key\n`);
    expect(acknowledged.length).toBeGreaterThan(0);
  });

  it('places every acknowledged order once, whatever is restarted or killed meanwhile', {
    timeout: 30 * minutes,
  }, async () => {
    showLogsIfItFails();
    load = await postWhile(project.api, async () => {
      for (const service of ['worker', 'projector', 'exchange', 'redis', 'eventstore']) {
        await restartEach(project, service);
      }
      await Promise.all(['api', 'worker', 'projector', 'exchange'].map((service) => crash(project, service)));
      await killAndStart(project, 'redis');
      await killAndStart(project, 'eventstore');
      await restartEach(project, 'balancer');
      await project.compose(['up', '-d', '--no-build', '--scale', 'worker=2', '--scale', 'api=2']);
    });
    await expectHealthy(project, { ...firstCounts, worker: 2, api: 2 });
    expect(load.acknowledged.length).toBeGreaterThan(100);
    expect(new Set(load.acknowledged).size).toBe(load.acknowledged.length);
    await expectAllPlacedOnce();
  });

  it('finds everything again after down and up', { timeout: 15 * minutes }, async () => {
    showLogsIfItFails();
    await project.compose(['down']);
    expect(await project.containers()).toEqual([]);
    await project.compose(['up', '-d', '--no-build']);
    await expectHealthy(project, firstCounts);
    await expectAllPlacedOnce();
    const [key, { id, n }] = [...load.keys][0] ?? expect.fail('no order has a key');
    const again = await post(project.api, anOrder(n), { 'idempotency-key': key });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.json()).toMatchObject({ id });
    await expect.poll(() => getOrder(project.api, id), { timeout: minutes }).toMatchObject({ status: 'submitted' });
  });

  /** Clients, event store and exchange say the same of every order; nothing is on its way any more. */
  async function expectAllPlacedOnce() {
    const answers = load.acknowledged.map((id) => `${JSON.stringify({ id })}\n`).join('');
    const audit = async () => {
      const args = ['run', '--rm', '-T', 'cli', 'audit', '--settled', '--json', '--acknowledged', '-'];
      const { code, stdout } = await project.attempt(args, answers);
      const report = JSON.parse(stdout) as { placed: number };
      return { code, ...report, isPlaced: report.placed >= load.acknowledged.length };
    };
    const agreement = { code: 0, acknowledged: load.acknowledged.length, isPlaced: true, findings: [] };
    await expect.poll(audit, { timeout: 5 * minutes, interval: 2_000 }).toMatchObject(agreement);
  }
});
