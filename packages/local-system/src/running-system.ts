// Starts a local system stage by stage, each only when the one before is ready, and stops it in the reverse order. It
// can be stopped at any time, also in the middle of its start, and then leaves no process behind.
import { mkdir } from 'node:fs/promises';
import { type ManagedProcess, type ProcessExit, startProcess } from './managed-process.ts';
import { waitUntilReady } from './readiness.ts';
import type { ServiceDefinition } from './service-definitions.ts';
import type { ServiceGroup } from './service-groups.ts';
import { stopDeadlineMs, stopOrder } from './shutdown-budget.ts';
import { type SupervisedProcess, type SupervisorLimits, superviseProcess } from './supervised-process.ts';

type LocalSystemOptions = {
  definitions: readonly ServiceDefinition[];
  /** What every process gets beside the settings of its definition. */
  env: Readonly<Record<string, string | undefined>>;
  /** What one start of a process gets beside all that; asked at every start. Wins over the settings. */
  extraEnv?: (name: string) => Readonly<Record<string, string>>;
  shutdownMs: number;
  onLine: (service: ServiceDefinition, line: string) => void;
  onRestart: (event: { name: string; exit: ProcessExit; pauseMs: number }) => void;
  /** A process that `stop` ended; the signal is SIGKILL if it did not do so by itself in time. */
  onStopped?: (event: { name: string; exit: ProcessExit }) => void;
  /** A process cannot use its configuration, and stays down. */
  onUnusable: (process: ManagedProcess) => void;
  limits?: SupervisorLimits;
};

export type LocalSystem = {
  /**
   * Resolves when everything is ready, and from then on keeps it running. Rejects with `NotReadyError` when a process
   * ends before it is ready, with an `AbortError` when the system is stopped meanwhile; `stop` is due in both cases.
   */
  start: () => Promise<void>;
  /** Resolves when every process is gone, within `shutdownMs`. */
  stop: () => Promise<void>;
  /** The process of that name that runs, or ran last. */
  process: (name: string) => ManagedProcess | undefined;
};

/** What is in one stage has no need of each other, so it starts at once. */
const startStages: readonly (readonly ServiceGroup[])[] = [
  ['redis', 'event-store', 'exchange'],
  ['projector', 'worker'],
  ['api'],
];

type Running = Pick<SupervisedProcess, 'current' | 'stop'> & { group: ServiceGroup };

export function localSystem(options: LocalSystemOptions): LocalSystem {
  const {
    definitions,
    env,
    extraEnv = () => ({}),
    shutdownMs,
    onLine,
    onRestart,
    onStopped,
    onUnusable,
    limits,
  } = options;
  const running = new Map<string, Running>();
  const stopping = new AbortController();

  const spawnService = (definition: ServiceDefinition) =>
    startProcess({
      ...definition,
      env: { ...withoutFilesOf(definition.settings, env), ...definition.settings, ...extraEnv(definition.name) },
      onLine: (line) => onLine(definition, line),
    });

  async function startService(definition: ServiceDefinition) {
    const { name, group, folder, readiness } = definition;
    if (folder !== undefined) await mkdir(folder, { recursive: true });
    stopping.signal.throwIfAborted();
    const process = spawnService(definition);
    running.set(name, { group, current: () => process, stop: process.stop });
    await waitUntilReady(process, { readiness, signal: stopping.signal });
    stopping.signal.throwIfAborted(); // Or the end of a process that is being stopped would look like a death.
    const start = () => spawnService(definition);
    running.set(name, {
      group,
      ...superviseProcess({ process, start, onRestart, onUnusable, ...(limits && { limits }) }),
    });
  }

  return {
    async start() {
      for (const groups of startStages) {
        await Promise.all(definitions.filter(({ group }) => groups.includes(group)).map(startService));
      }
    },
    async stop() {
      stopping.abort();
      for (const stopped of stopOrder) {
        const members = [...running].filter(([, { group }]) => group === stopped);
        const deadlineMs = stopDeadlineMs(stopped, shutdownMs);
        await Promise.all(
          members.map(async ([name, { stop }]) => {
            const exit = await stop(deadlineMs);
            onStopped?.({ name, exit });
          }),
        );
      }
    },
    process: (name) => running.get(name)?.current(),
  };
}

type Env = Readonly<Record<string, string | undefined>>;

/** What the definition decides may stand in a file for others, and a process refuses a setting that has two values. */
const withoutFilesOf = (settings: Env, env: Env): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !(name.replace(/_FILE$/, '') in settings)));
