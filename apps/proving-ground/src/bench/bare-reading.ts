// Reads the log with the client of the event store and nothing else, in a process of its own: what reading can be at
// most.
import { join } from 'node:path';
import { startProcess } from '@orders/local-system/managed-process';

export type ReadingWay = 'readAll' | 'subscribeToAll';
type BareReading = { url: string; way: ReadingWay; events: number; path: string | undefined };

type BareResult = {
  perSecond: number;
  /** Where the last event stands; only of `readAll`. */
  position?: string;
};

/** By a process of its own. */
export async function readBarely({ url, way, events, path }: BareReading): Promise<BareResult> {
  const reader = startProcess({
    name: `bare ${way}`,
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'bare-reader.ts'),
      url,
      way,
      String(events),
    ],
    env: { PATH: path },
  });
  const { code } = await reader.exited;
  const lastLine = reader.recentLines().at(-1) ?? '';
  if (code !== 0) throw new Error(`the bare reader failed: ${lastLine}`);
  const result: { events: number; seconds: number; position?: string } = JSON.parse(lastLine);
  if (result.events !== events) throw new Error(`the bare reader saw ${result.events} of ${events} events`);
  const { seconds, position } = result;
  return { perSecond: events / seconds, ...(position !== undefined && { position }) };
}
