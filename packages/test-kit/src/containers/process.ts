// A container as a test uses a process: it can be stopped, killed and started again, and is found at the same address
// afterwards. Docker gives a container that starts again another port unless it was bound to a fixed one.
import { freePorts } from '@orders/local-system/free-port';
import type { ContainerRuntimeClient } from 'testcontainers';
import { removeContainer, runLabel } from './runs.ts';

export type ContainerSpec = {
  /** Whose it is: see {@link file://./runs.ts}. */
  run: string;
  image: string;
  /** Inside the container. */
  port: number;
  /** May depend on where the server is found from outside. */
  env?: (at: { host: string; port: number }) => Record<string, string>;
  command?: string[];
  /** Ready is who answers with 2xx at this path, or who has written this line. */
  ready: { path: string } | { line: RegExp };
};

export type ContainerProcess = {
  id: string;
  host: string;
  /** On the host, the same for as long as the container exists. */
  port: number;
  /** SIGTERM, and SIGKILL after a grace period. Answers with the exit code. */
  stop: () => Promise<number>;
  kill: () => Promise<void>;
  /** Returns when it is ready. */
  start: () => Promise<void>;
  logTail: (lines?: number) => Promise<string>;
  remove: () => Promise<void>;
};

// A node of EventStoreDB takes some seconds, and longer on a machine that has other things to do.
const readyWithinMs = 120_000;
const pollMs = 250;
const stopGraceSeconds = 20;
const portTriesMax = 5;
const tailLines = 15;

const portLabel = 'orders.test-port';

/** A container that is ready. With `port` 0 it gets a port on the host that is free. */
export async function startContainer(spec: ContainerSpec, port = 0): Promise<ContainerProcess> {
  for (let tries = 1; ; tries += 1) {
    const [hostPort] = port === 0 ? await freePorts(1) : [port];
    try {
      return await startOn(spec, hostPort);
    } catch (error) {
      // Another test found the same port free at the same moment, or its last container has not let go of it yet.
      const taken = /port is already allocated|address already in use/.test(String(error));
      if (!taken || tries === portTriesMax) throw error;
    }
  }
}

async function startOn(spec: ContainerSpec, hostPort: number): Promise<ContainerProcess> {
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  const { host: runtimeHost } = client.info.containerRuntime;
  const host = runtimeHost === 'localhost' ? '127.0.0.1' : runtimeHost;
  const prepared = new GenericContainer(spec.image)
    .withExposedPorts({ container: spec.port, host: hostPort })
    .withEnvironment(spec.env?.({ host, port: hostPort }) ?? {})
    .withLabels({ [runLabel]: spec.run, [portLabel]: String(hostPort) })
    .withWaitStrategy(await readiness(spec))
    .withStartupTimeout(readyWithinMs);
  const started = await (spec.command === undefined ? prepared : prepared.withCommand(spec.command))
    .start()
    .catch(async (error) => {
      const lastWords = await removeFailed(client, spec.run, hostPort);
      throw new Error(`${spec.image} did not start: ${error.message}${lastWords}`, { cause: error });
    });
  return containerProcess({ client, spec, id: started.getId(), host, port: hostPort });
}

/** What was created, but did not start, keeps neither its port nor its place. Returns what it wrote last. */
async function removeFailed(client: ContainerRuntimeClient, run: string, hostPort: number): Promise<string> {
  const label = [`${runLabel}=${run}`, `${portLabel}=${hostPort}`];
  const failed = await client.container.dockerode.listContainers({ all: true, filters: { label } });
  let lastWords = '';
  for (const { Id } of failed) {
    lastWords += await tailOf(client, Id, tailLines).catch(() => '');
    await removeContainer(client, Id);
  }
  return lastWords === '' ? '' : `\n${lastWords}`;
}

async function tailOf(client: ContainerRuntimeClient, id: string, tail: number): Promise<string> {
  const log = await client.container.getById(id).logs({ stdout: true, stderr: true, tail, follow: false });
  return withoutFrames(log);
}

async function readiness({ ready, port }: ContainerSpec) {
  const { Wait } = await import('testcontainers');
  if ('line' in ready) return Wait.forLogMessage(ready.line);
  const isSuccess = (status: number) => status >= 200 && status < 300;
  const answered = Wait.forHttp(ready.path, port, { abortOnContainerExit: true });
  return answered.forStatusCodeMatching(isSuccess).withReadTimeout(pollMs);
}

type Running = { client: ContainerRuntimeClient; spec: ContainerSpec; id: string; host: string; port: number };

function containerProcess({ client, spec, id, host, port }: Running): ContainerProcess {
  const container = client.container.getById(id);
  return {
    ...{ id, host, port },
    async stop() {
      // 304: it has stopped already.
      await container.stop({ t: stopGraceSeconds }).catch((error) => {
        if (error.statusCode !== 304) throw error;
      });
      return (await container.inspect()).State.ExitCode;
    },
    async kill() {
      await container.kill({ signal: 'SIGKILL' });
      await container.wait();
    },
    async start() {
      const { BoundPorts, waitForContainer } = await import('testcontainers');
      const startedAt = new Date();
      await container.start();
      const ports = new BoundPorts();
      ports.setBinding(spec.port, port);
      const strategy = (await readiness(spec)).withStartupTimeout(readyWithinMs);
      await waitForContainer(client, container, strategy, ports, startedAt);
    },
    logTail: (lines = tailLines) => tailOf(client, id, lines),
    remove: () => removeContainer(client, id),
  };
}

// Docker puts 8 bytes before what was written at a time: the stream that it came by, and the length.
function withoutFrames(log: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= log.length; ) {
    const length = log.readUInt32BE(at + 4);
    text += log.toString('utf8', at + 8, at + 8 + length);
    at += 8 + length;
  }
  return text.trimEnd();
}
