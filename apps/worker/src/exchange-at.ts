import type { Config } from '@orders/config/read-config';
import type { Exchange } from '@orders/stock-exchange/exchange';
import { httpExchange } from '@orders/stock-exchange/http-exchange';
import { inProcessExchange } from '@orders/stock-exchange/in-process-exchange';
import type { Dispatcher } from 'undici';
import type { WorkerSettings } from './config.ts';

/** The adapter that the settings ask for. */
export function exchangeAt(config: Config<typeof WorkerSettings>, dispatcher: Dispatcher): Exchange {
  const { EXCHANGE_URL: url, EXCHANGE_UNKNOWN_POLICY: unknownPolicy } = config;
  if (url === 'in-process') return inProcessExchange({ unknownPolicy });
  const { EXCHANGE_TIMEOUT_MS: timeoutMs, EXCHANGE_ABSENCE_PROVEN_AFTER_MS: absenceProvenAfterMs } = config;
  return httpExchange({ url, timeoutMs, absenceProvenAfterMs, dispatcher });
}
