// The simulated stock exchange as a process.
import { resolve } from 'node:path';
import { crashPoints } from '@orders/lifecycle/crash-points';
import { runService } from '@orders/lifecycle/run-service';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ExchangeConfig } from './config.ts';
import { exchangeSteps, ledgerWithCrashPoints } from './crash-steps.ts';
import { openLedger } from './ledger.ts';
import { buildExchangeServer } from './server.ts';

// A worker fleet may open all of its connections at once.
const backlog = 4_096;

await runService({
  name: 'exchange',
  schema: ExchangeConfig,
  env: process.env,
  portSettings: ({ EXCHANGE_PORT }) => ({ EXCHANGE_PORT }),
  start: async ({ config, log, onStop, isStopping }) => {
    const crash = crashPoints(exchangeSteps, process.env);
    const folder = resolve(config.EXCHANGE_DATA);
    const ledger = ledgerWithCrashPoints(crash, openLedger(folder));
    onStop('ledger', ledger.close);

    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const startUpFaults = { failure_rate: config.EXCHANGE_FAILURE_RATE, latency_ms: config.EXCHANGE_LATENCY_MS };
    const app = await buildExchangeServer({ ledger, startUpFaults, registry, log, isStopping });
    onStop('http server', () => app.close());
    const address = await app.listen({ host: config.EXCHANGE_HOST, port: config.EXCHANGE_PORT, backlog });
    log.info({ address, folder, entries: ledger.size() }, 'exchange is open');
  },
});
