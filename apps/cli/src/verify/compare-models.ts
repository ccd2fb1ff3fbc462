// Compares the live read model with what the log says: every order and its entries first, then what is there beside
// them.
import { type Differences, newDifferences } from './differences.ts';
import { type Comparison, orderJudge } from './order-judge.ts';
import { walkIndexes } from './walk-indexes.ts';

/** Rejects with `NotDoneError` when the live read model is replaced meanwhile, and with `UnreachableError`. */
export async function compareModels(comparison: Comparison): Promise<Differences> {
  const { expected, onCompared, signal } = comparison;
  const differences = newDifferences();
  const judge = orderJudge(comparison, differences);
  let compared = 0;
  for await (const page of expected.pages()) {
    signal.throwIfAborted();
    await judge.known(page);
    compared += page.length;
    onCompared(compared);
  }
  await walkIndexes(comparison, judge, differences);
  return differences;
}
