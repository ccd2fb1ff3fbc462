import type { CrashPoints } from '@orders/lifecycle/crash-points';
import type { OrderStore } from '@orders/order-store/order-store';

/** What the crash matrix kills the API before and after. */
export const apiSteps = ['api.append'] as const;
export type ApiStep = (typeof apiSteps)[number];

export const storeWithCrashPoints = (crash: CrashPoints<ApiStep>, { append, load }: OrderStore): OrderStore => ({
  append: crash.around(({ events }) => (events[0]?.type === 'OrderPlaced' ? 'api.append' : null), append),
  load,
});
