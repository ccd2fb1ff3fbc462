// What happens to containers: they are restarted as an operator does it, or killed as a crash does it.
import { expect, vi } from 'vitest';
import type { ComposeProject, Docker } from './compose-project.ts';

type Container = ReturnType<Docker['getContainer']>;

/** Between SIGTERM and SIGKILL; above the deadline that the processes set themselves. */
const graceSeconds = 15;
const patience = { timeout: 180_000, interval: 500 };

/** All containers of the project run, as many as these, and their health checks say that they are well. */
export async function expectHealthy(project: ComposeProject, counts: Record<string, number>): Promise<void> {
  const states = async () => {
    const all = await Promise.all((await project.containers()).map((container) => container.inspect()));
    const found: Record<string, number> = {};
    for (const { Config, State } of all) {
      const service = Config.Labels['com.docker.compose.service'] ?? '';
      const well = State.Running && State.Health?.Status === 'healthy';
      found[well ? service : `${service} not healthy`] = (found[well ? service : `${service} not healthy`] ?? 0) + 1;
    }
    return found;
  };
  await vi.waitFor(async () => expect(await states()).toEqual(counts), patience);
}

/** One after the other, each once the one before is well again. */
export async function restartEach(project: ComposeProject, service: string): Promise<void> {
  for (const container of await project.containers(service)) {
    await container.restart({ t: graceSeconds });
    await expectWell(container);
  }
}

/** Docker takes its own kill for the wish of an operator, and leaves the start to whoever has it. */
export async function killAndStart(project: ComposeProject, service: string): Promise<void> {
  for (const container of await project.containers(service)) {
    await container.kill();
    await container.start();
    await expectWell(container);
  }
}

/** Kills the process inside, so that it is the restart policy that brings it back. */
export async function crash(project: ComposeProject, service: string): Promise<void> {
  const [container] = await project.containers(service);
  if (container === undefined) throw new Error(`there is no container of ${service}`);
  const { RestartCount: before } = await container.inspect();
  await runIn(container, ['bash', '-c', 'kill -9 -1']);
  await expect.poll(async () => (await container.inspect()).RestartCount, patience).toBeGreaterThan(before);
  await expectWell(container);
}

/** Its health check is asked at once: the next time that Docker asks may be many seconds away. */
async function expectWell(container: Container): Promise<void> {
  const { Config } = await container.inspect();
  const [kind = 'NONE', ...test] = Config.Healthcheck?.Test ?? [];
  expect(kind).toMatch(/^CMD/);
  const command = kind === 'CMD-SHELL' ? ['sh', '-c', ...test] : test;
  await expect.poll(() => runIn(container, command).catch(() => -1), patience).toBe(0);
}

async function runIn(container: Container, command: string[]): Promise<number> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  stream.resume();
  await new Promise((resolve) => stream.once('end', resolve).once('close', resolve).once('error', resolve));
  return (await exec.inspect()).ExitCode ?? -1;
}
