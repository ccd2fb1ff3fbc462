import type { OrderView } from '@orders/read-model/order-view';
import type { ViewStore } from '../verify/fold-log.ts';

// The events of an order stand near each other in the log: most of its views are wanted again soon after they were
// made.
const recentMax = 20_000;

/** Nobody else writes these views, so what was saved last is what would be loaded. */
export function recentViews({ load, save }: ViewStore): ViewStore {
  const recent = new Map<string, OrderView>();
  return {
    load: async (ids) => {
      const known = await load(ids.filter((id) => !recent.has(id)));
      for (const id of ids) {
        const view = recent.get(id);
        if (view !== undefined) known.set(id, view);
      }
      return known;
    },
    save: async (changes, position) => {
      await save(changes, position);
      for (const { id, after } of changes) {
        recent.delete(id);
        if (after !== null) recent.set(id, after);
      }
      for (const id of recent.keys()) {
        if (recent.size <= recentMax) return;
        recent.delete(id);
      }
    },
  };
}
