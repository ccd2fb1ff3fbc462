// How the event store is made to end. Every strike finds it not running and leaves it so; they differ in the moment.
// Most moments are counted from its first answer, so that a slow machine does not turn them all into early ones.
import type { Random } from '../seeded-random.ts';

export type Strike =
  /** SIGKILL while it starts and recovers, after this share of the time that the last start took. */
  | { kind: 'kill while starting'; share: number }
  /** SIGKILL just after it was ready, while everybody connects again. */
  | { kind: 'kill when ready'; afterMs: number }
  | { kind: 'kill at work'; afterMs: number }
  /** SIGKILL in the moment of an answer. */
  | { kind: 'kill at an answer'; afterMs: number }
  /** SIGKILL while the write-ahead log is copied into the file of the log, which only a longer life leads to. */
  | { kind: 'kill in a checkpoint'; afterMs: number }
  /** SIGTERM, and SIGKILL in the middle of the shutdown. */
  | { kind: 'kill while stopping'; afterMs: number; afterSignalMs: number }
  /** SIGTERM, and time to finish. */
  | { kind: 'stop'; afterMs: number };

const readyMsMax = 100;
const workMsMax = 400;
const checkpointMsMax = 20;
const signalMsMax = 60;

export function planStrike(random: Random): Strike {
  const choice = random.below(100);
  if (choice < 20) {
    // Most of a start is spent on loading modules: the file is opened, and repaired, close to the end of it.
    const percent = random.chance(0.3) ? random.below(100) : 90 + random.below(20);
    return { kind: 'kill while starting', share: percent / 100 };
  }
  if (choice < 30) return { kind: 'kill when ready', afterMs: random.below(readyMsMax) };
  const afterMs = random.below(workMsMax);
  if (choice < 57) return { kind: 'kill at work', afterMs };
  if (choice < 77) return { kind: 'kill at an answer', afterMs };
  if (choice < 85) return { kind: 'kill in a checkpoint', afterMs: random.below(checkpointMsMax) };
  if (choice < 93) return { kind: 'kill while stopping', afterMs, afterSignalMs: random.below(signalMsMax) };
  return { kind: 'stop', afterMs };
}
