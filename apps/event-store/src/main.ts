// The embedded event store as a process: opens the data folder, then the port. Stops in the reverse order.
import { readConfig } from '@orders/config/read-config';
import { crashPoints } from '@orders/lifecycle/crash-points';
import { CannotStartError, runService } from '@orders/lifecycle/run-service';
import { terminalLog } from '@orders/telemetry/readable-log';
import { collectDefaultMetrics } from 'prom-client';
import { parseCommandLine, usage } from './command-line.ts';
import { DataSettings, EventStoreSettings } from './config.ts';
import { eventStoreSteps } from './crash-steps.ts';
import { createMetrics } from './metrics.ts';
import { startEventStoreServer } from './server.ts';
import { UnusableFolderError } from './storage/database.ts';
import { openStore, type StoreOptions } from './storage/store.ts';
import { verifyLog } from './storage/verify-log.ts';

// Where the command was typed: pnpm starts it in the folder of the package.
const commandLine = parseCommandLine(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
switch (commandLine.kind) {
  case 'help':
    process.stdout.write(usage);
    break;
  case 'unusable':
    process.stderr.write(`event-store: ${commandLine.problem} (try --help)\n`);
    process.exitCode = 2;
    break;
  case 'verify': {
    const { EVENT_STORE_DATA } = readConfig(DataSettings, { ...process.env, ...commandLine.settings });
    const { isWhole } = verifyLog(EVENT_STORE_DATA, (line) => process.stdout.write(`${line}\n`));
    process.exitCode = isWhole ? 0 : 1;
    break;
  }
  case 'start':
    await start({ ...process.env, ...commandLine.settings });
}

function start(env: NodeJS.ProcessEnv): Promise<void> {
  return runService({
    name: 'event-store',
    schema: EventStoreSettings,
    env,
    logTo: () => (process.stdout.isTTY ? terminalLog('event-store', process.stdout) : undefined),
    portSettings: (config) => ({ EVENT_STORE_PORT: config.EVENT_STORE_PORT }),
    start: async ({ config, log, onStop }) => {
      const crash = crashPoints(eventStoreSteps, env);
      const metrics = createMetrics();
      collectDefaultMetrics({ register: metrics.registry });

      const store = openStoreOrExplain(config.EVENT_STORE_DATA, {
        onCommitFailed: (err, writes) => log.error({ err, writes }, 'commit failed, its writes were refused'),
        onCheckpointFailed: (err) => log.warn({ err }, 'the write-ahead log could not be copied'),
        aroundStep: (step, run) => crash.around(`event-store.${step}`, run),
      });
      onStop('close the data folder', store.close);

      const { EVENT_STORE_HOST: host, EVENT_STORE_PORT } = config;
      const server = await startEventStoreServer({ host, port: EVENT_STORE_PORT, store, log, metrics });
      onStop('close the port', server.close);

      const address = `${host}:${server.port}`;
      log.info({ address, dataFolder: store.dataFolder, ...store.figures() }, 'event store is open');
    },
  });
}

function openStoreOrExplain(dataFolder: string, options: StoreOptions) {
  try {
    return openStore(dataFolder, options);
  } catch (err) {
    throw err instanceof UnusableFolderError ? new CannotStartError(err.message) : err;
  }
}
