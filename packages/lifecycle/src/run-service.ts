// The frame of every process: read the settings, start, stop once, in order, before the deadline. The only place that
// handles signals, stray errors and the exit code.
import { type Config, ConfigError, type Environment, readConfig } from '@orders/config/read-config';
import { createLogger, type DestinationStream, type Logger } from '@orders/telemetry/logger';
import type { TObject } from 'typebox';

/** The exit code of sysexits.h for a configuration that cannot be used: a supervisor must not start it again. */
export const unusableConfiguration = 78;

/** Thrown, by `start` or later, for a reason that the message explains in full: it is logged without a stack. */
export class CannotStartError extends Error {
  override readonly name = 'CannotStartError';
}

export type ServiceContext<Settings> = {
  config: Settings;
  log: Logger;
  /** Registers a step of the shutdown. Steps run in the reverse order of their registration, one after the other. */
  onStop: (name: string, step: () => unknown) => void;
  isStopping: () => boolean;
};

type ServiceDefinition<Schema extends TObject> = {
  name: string;
  schema: Schema;
  env: Environment;
  /** Which setting to change when the port of this number turns out to be taken. */
  portSettings: (config: Config<Schema>) => Readonly<Record<string, number>>;
  /** Where the log goes instead of to standard output, if anywhere. */
  logTo?: (config: Config<Schema>) => DestinationStream | undefined;
  /** Rejections that nobody handles, yet that leave the process sound; they are logged, and nothing more. */
  isHarmlessRejection?: (reason: unknown) => boolean;
  start: (context: ServiceContext<Config<Schema>>) => Promise<void>;
};

type RequiredSettings = { LOG_LEVEL: string; SHUTDOWN_DEADLINE_MS: number };

export async function runService<Schema extends TObject>(definition: ServiceDefinition<Schema>): Promise<void> {
  const { name, schema, env, portSettings, logTo, isHarmlessRejection = () => false, start } = definition;
  const config = readConfigOrExit(name, schema, env);
  const { LOG_LEVEL, SHUTDOWN_DEADLINE_MS } = config as unknown as RequiredSettings;
  const log = createLogger(name, LOG_LEVEL, logTo?.(config));
  const steps: { name: string; step: () => unknown }[] = [];
  let stopping = false;

  async function stop(reason: string, exitCode: number) {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    // A dependency that never answers must not keep the process: what is not drained by now is picked up by the next
    // one.
    setTimeout(() => exit(log, 'shutdown deadline passed', exitCode || 1), SHUTDOWN_DEADLINE_MS);
    for (const { name: stepName, step } of steps.toReversed()) {
      await Promise.try(step).catch((err: unknown) => log.warn({ err, step: stepName }, 'shutdown step failed'));
    }
    exit(log, 'stopped', exitCode);
  }

  // SIGHUP: the terminal was closed. `on`, not `once`: whoever presses Ctrl-C twice must not cut the shutdown short.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal, 0));
  // After a stray error the state of the process is unknown. Dying is safe: every append may be repeated.
  const die = (event: string, err: unknown) => {
    if (err instanceof CannotStartError) log.fatal(err.message);
    else log.fatal({ err }, event);
    void stop(event, 1);
  };
  process.on('uncaughtException', (err) => die('uncaughtException', err));
  process.on('unhandledRejection', (reason) => {
    if (isHarmlessRejection(reason)) log.warn({ err: reason }, 'rejection that nobody waited for');
    else die('unhandledRejection', reason);
  });

  try {
    await start({
      config,
      log,
      onStop: (step, run) => steps.push({ name: step, step: run }),
      isStopping: () => stopping,
    });
    if (!stopping) log.info('started');
  } catch (err) {
    const reason = describeStartFailure(err, portSettings(config));
    if (reason === null) log.fatal({ err }, 'failed to start');
    else log.fatal(reason);
    await stop('failed to start', err instanceof ConfigError ? unusableConfiguration : 1);
  }
}

function readConfigOrExit<Schema extends TObject>(name: string, schema: Schema, env: Environment): Config<Schema> {
  try {
    return readConfig(schema, env);
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    process.stderr.write(`${err.message.replace(/^/gm, `${name}: unusable setting: `)}\n`);
    return process.exit(unusableConfiguration);
  }
}

/** What the user can do about it; `null` for a failure that only its stack explains. */
function describeStartFailure(err: unknown, ports: Readonly<Record<string, number>>): string | null {
  if (err instanceof CannotStartError) return err.message;
  if (err instanceof ConfigError) return `unusable setting: ${err.message}`;
  const { code, port } = err as NodeJS.ErrnoException & { port?: number };
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return null;
  const setting = Object.keys(ports).find((name) => ports[name] === port) ?? Object.keys(ports).join(' or ');
  return code === 'EADDRINUSE'
    ? `port ${port} is taken: stop what uses it, or set ${setting} to a free port`
    : `port ${port} may not be opened by this user: run as root, or set ${setting} to a port above 1023`;
}

function exit(log: Logger, message: string, code: number): never {
  log.info({ code }, message);
  log.flush();
  return process.exit(code);
}
