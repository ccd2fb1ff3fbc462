import type { CommandContext } from '../command-context.ts';
import { type Progress, showProgress } from '../progress-line.ts';

/** One line of progress after the other, each from the first time that something is heard of its stage. */
export function showStages(context: Pick<CommandContext, 'writeError' | 'columns'>) {
  let current: { label: string; progress: Progress } | null = null;
  const end = () => {
    current?.progress.end();
    current = null;
  };
  return {
    on: (label: string, unit: string) => (done: number, total: number) => {
      if (current?.label !== label) {
        end();
        current = { label, progress: showProgress(context, { label, unit }) };
      }
      current.progress.update(done, total);
    },
    end,
  };
}
