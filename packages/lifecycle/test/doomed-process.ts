// Says what it does, and dies where `CRASH_AT` tells it to. For the test of the crash points.
import { crashPoints } from '../src/crash-points.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);
const crash = crashPoints(['doomed.write'], process.env);
const write = crash.around('doomed.write', async () => {
  say('written');
});

setTimeout(() => say('a timer ran'), 0);
await write().finally(() => say('the caller went on'));
