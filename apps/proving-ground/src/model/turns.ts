// Who goes on next. Every call to the outside waits at a gate, and only the holder of the numbers opens one, together
// with how the call ends. Between two gates the code under test runs as it is, with no timer and no chance in it: so
// the same numbers always lead through the same interleaving.

/** One life of a process: after a crash another one begins, and nothing of this one ever goes on. */
export type Process = { readonly name: string; life: 'running' | 'paused' | 'dead' };

/** Which of those who wait goes on, and how its call ends; 0 is who waits longest, and the good end. */
export type Pick = { who: number; end: number };

type Waiting = {
  /** Opened only while this is true. */
  isReady?: () => boolean;
  /** Opened by the clock at this time at the latest, even while its process is paused, with the end named. */
  deadline?: { ms: number; end: string };
  /** Goes on only when it is picked, when nobody else can, or at its deadline. */
  isPatient?: boolean;
  /** Told when the process dies after it has sent its call. */
  onSent?: () => void;
};

type Gate = Waiting & { process: Process; label: string; ends: readonly string[]; open: (end: string) => void };

export type Turns = ReturnType<typeof turnTaking>;

// More than the code under test has awaits in a row without a call to the outside.
const ticksMax = 100;

export function turnTaking(clock: { nowMs: number }) {
  const gates: Gate[] = [];
  const trace: string[] = [];
  let moved = false;

  function park<End extends string>(
    process: Process,
    label: string,
    ends: readonly [End, ...End[]],
    waiting: Waiting = {},
  ): Promise<End> {
    moved = true;
    return new Promise((resolve) => {
      if (process.life === 'dead') return;
      gates.push({ ...waiting, process, label, ends, open: (end) => resolve(end as End) });
    });
  }

  /** Until whoever was let go waits again, has ended, or is gone. */
  async function settle(): Promise<void> {
    for (let tick = 0; tick < ticksMax && !moved; tick += 1) await Promise.resolve();
  }

  async function open(gate: Gate, end: string): Promise<void> {
    gates.splice(gates.indexOf(gate), 1);
    note(gate.process.name, end === 'ok' ? gate.label : `${gate.label}: ${end}`);
    moved = false;
    gate.open(end);
    await settle();
  }

  const note = (who: string, what: string) => trace.push(`${clock.nowMs - startMs} ${who} ${what}`);

  const canGoOn = ({ process, isReady }: Gate) => process.life === 'running' && (isReady === undefined || isReady());

  return {
    park,
    note,
    trace: trace as readonly string[],

    /** To be called at the end of a task, and after one was started. */
    moved: () => {
      moved = true;
    },

    start: async (task: () => void) => {
      moved = false;
      task();
      await settle();
    },

    /** `false` when nobody can go on, or `only` the one named cannot. */
    step: async ({ who, end }: Pick, only?: string): Promise<boolean> => {
      const able = gates.filter((gate) => (only === undefined || gate.process.name === only) && canGoOn(gate));
      const hasty = able.filter(({ isPatient }) => isPatient !== true);
      const patient = able.filter(
        ({ isPatient, deadline }) => isPatient === true && (who > 0 || deadline === undefined),
      );
      const ready = [...hasty, ...patient];
      const gate = ready[who % ready.length];
      if (gate === undefined) return false;
      await open(gate, gate.ends[end % gate.ends.length] ?? 'ok');
      return true;
    },

    /** Moves the clock, and lets go at their time those who cannot wait longer. */
    advance: async (ms: number): Promise<void> => {
      const untilMs = clock.nowMs + ms;
      for (;;) {
        const due = gates.filter(({ deadline }) => deadline !== undefined && deadline.ms <= untilMs);
        const [first] = due.toSorted((a, b) => (a.deadline?.ms ?? 0) - (b.deadline?.ms ?? 0));
        if (first?.deadline === undefined) break;
        clock.nowMs = Math.max(clock.nowMs, first.deadline.ms);
        await open(first, first.deadline.end);
      }
      clock.nowMs = untilMs;
    },

    /** Ends this life of a process; `sent` when what it was about to send had left already. */
    kill: (process: Process, sent: boolean): void => {
      process.life = 'dead';
      for (const gate of gates.filter((candidate) => candidate.process === process)) {
        gates.splice(gates.indexOf(gate), 1);
        if (sent) gate.onSent?.();
      }
    },

    isAnythingOnItsWay: (): boolean => gates.some(({ isPatient }) => isPatient === true),

    waiting: (): string[] => gates.map(({ process, label }) => `${process.name} (${process.life}): ${label}`),
  };
}

/** When every run begins. */
export const startMs = Date.parse('2026-01-02T03:04:05.000Z');
