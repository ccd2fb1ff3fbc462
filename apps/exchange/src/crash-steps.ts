import type { CrashPoints } from '@orders/lifecycle/crash-points';
import type { Ledger } from './ledger.ts';

/** What the crash matrix kills the exchange before and after. */
export const exchangeSteps = ['exchange.record'] as const;
export type ExchangeStep = (typeof exchangeSteps)[number];

export const ledgerWithCrashPoints = (crash: CrashPoints<ExchangeStep>, ledger: Ledger): Ledger => ({
  ...ledger,
  record: crash.around('exchange.record', ledger.record),
});
