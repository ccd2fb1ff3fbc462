// The whole gateway as `docker compose up` runs it, under a project name of its own and on a free port. Containers are
// found by the labels that Compose gives them, for the two versions of Compose name them differently.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@orders/local-system/free-port';
import type { ContainerRuntimeClient } from 'testcontainers';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const outputBytesMax = 64 * 1_024 * 1_024;

export type Docker = ContainerRuntimeClient['container']['dockerode'];
export type ComposeResult = { code: number; stdout: string; stderr: string };

const name = 'orders-compose-test';

export type ComposeProject = {
  name: string;
  api: string;
  image: string;
  /** Rejects, with what Compose said, when it fails. */
  compose: (args: readonly string[], input?: string) => Promise<string>;
  /** The same, but resolves to how it ended. */
  attempt: (args: readonly string[], input?: string) => Promise<ComposeResult>;
  /** Containers of a service, those that have ended too. */
  containers: (service?: string) => Promise<ReturnType<Docker['getContainer']>[]>;
};

/** The command and its first arguments: `docker compose` where there is the plugin, else `docker-compose`; or null. */
export async function findCompose(): Promise<readonly string[] | null> {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [program = '', ...args] = command;
    const found = await run(program, [...args, 'version']).then(
      () => true,
      () => false,
    );
    if (found) return command;
  }
  return null;
}

/** `settings` are those of .env.example that docker-compose.yml passes on. */
export async function composeProject(
  docker: Docker,
  command: readonly string[],
  settings: Record<string, string>,
): Promise<ComposeProject> {
  const port = await freePort();
  const image = `${name}-gateway`;
  const env = { ...process.env, ...settings, API_PORT: String(port), GATEWAY_IMAGE: image };
  const [program = '', ...first] = [...command, '--project-name', name];

  const attempt: ComposeProject['attempt'] = (args, input) =>
    new Promise((resolve) => {
      const options = { cwd: root, env, maxBuffer: outputBytesMax };
      const child = execFile(program, [...first, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  return {
    name,
    api: `http://127.0.0.1:${port}`,
    image,
    attempt,
    async compose(args, input) {
      const { code, stdout, stderr } = await attempt(args, input);
      if (code !== 0) throw new Error(`compose ${args.join(' ')} ended with ${code}: ${stderr.slice(-2_000)}`);
      return stdout;
    },
    async containers(service) {
      const label = [`com.docker.compose.project=${name}`, 'com.docker.compose.oneoff=False'];
      if (service !== undefined) label.push(`com.docker.compose.service=${service}`);
      const found = await docker.listContainers({ all: true, filters: { label } });
      return found.map(({ Id }) => docker.getContainer(Id));
    },
  };
}
