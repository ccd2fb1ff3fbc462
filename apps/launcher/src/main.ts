// Starts the whole system on one machine, and takes it down again. What ./run.sh hands over to.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Config } from '@orders/config/read-config';
import { CannotStartError, runService } from '@orders/lifecycle/run-service';
import { describeExit } from '@orders/local-system/managed-process';
import { findPortProblem } from '@orders/local-system/port-check';
import { NotReadyError } from '@orders/local-system/readiness';
import { localSystem } from '@orders/local-system/running-system';
import { serviceDefinitions } from '@orders/local-system/service-definitions';
import { addresses, banner } from './banner.ts';
import { SystemSettings } from './config.ts';
import { type LogOutput, logOutput } from './log-output.ts';
import { systemSettings } from './system-settings.ts';

const root = resolve(import.meta.dirname, '../../..');
const write = (text: string) => process.stdout.write(text);
// Whoever read the log is gone, `tee` after a Ctrl-C for example: no reason to fail, least of all in the middle of a
// stop.
process.stdout.on('error', () => {});

let output: LogOutput | undefined;
function outputFor({ ENVIRONMENT, LOG_LEVEL }: Config<typeof SystemSettings>): LogOutput {
  const format = ENVIRONMENT === 'development' ? 'readable' : 'json';
  output ??= logOutput({ format, colour: process.stdout.isTTY, write, lowestLevel: LOG_LEVEL, now: () => new Date() });
  return output;
}

await runService({
  name: 'launcher',
  schema: SystemSettings,
  env: process.env,
  logTo: (config) => ({ write: (line) => outputFor(config)('launcher', line.trimEnd()) }),
  portSettings: () => ({}),
  start: async ({ config, log, onStop, isStopping }) => {
    const fail = (problem: string) => {
      throw new CannotStartError(problem);
    };
    const system = systemSettings(config, process.env, { root, cores: availableParallelism() });
    const definitions = serviceDefinitions(system);
    const portProblem = await findPortProblem(definitions.flatMap(({ ports }) => ports));
    if (portProblem !== null) return fail(portProblem);

    const local = localSystem({
      definitions,
      env: process.env,
      shutdownMs: system.shutdownMs,
      onLine: ({ name }, line) => outputFor(config)(name, line),
      onRestart: ({ name, exit, pauseMs }) =>
        log.error({ pauseMs }, `${name} ended unexpectedly (${describeExit(exit)}), starting it again`),
      onStopped: ({ name, exit }) => {
        if (exit.signal === 'SIGKILL') log.warn(`${name} did not stop in time and was killed`);
        else log.debug(`${name} stopped (${describeExit(exit)})`);
      },
      onUnusable: ({ name }) => fail(`${name} cannot use its configuration: see its line above`),
    });
    onStop('processes', local.stop);
    try {
      await local.start();
    } catch (err) {
      if (isStopping()) return;
      if (err instanceof NotReadyError) return fail(err.message);
      throw err;
    }
    const places = { system, definitions, dataFolder: resolve(config.DATA_DIR) };
    if (config.ENVIRONMENT === 'development') write(banner(places));
    else log.info(addresses(places), 'ready');
  },
});
