// Where a test may kill a process exactly: before or after a step that makes something durable. A process that was not
// asked to die gets its own functions back, so that nothing of this stands on the path of an order.
import { writeSync } from 'node:fs';
import { CannotStartError } from './run-service.ts';

export const crashSides = ['before', 'after'] as const;
export type CrashSide = (typeof crashSides)[number];

/** Such as `worker.append-intent:before`. */
export type CrashPoint<Step extends string> = `${Step}:${CrashSide}`;

/** What every function can be assigned to. */
type AnyFunction = (...args: never[]) => unknown;

/** The step, or how to tell it from the arguments; `null` for a call that makes nothing durable. */
type StepOf<Step, Run extends AnyFunction> = Step | ((...args: Parameters<Run>) => Step | null);

export type CrashPoints<Step extends string> = {
  /** `run` itself, unless the process is to die before or after this step. */
  around: <Run extends AnyFunction>(step: StepOf<Step, Run>, run: Run) => Run;
  /** `run` itself, unless the process is to die at this point, which comes right after `run`. */
  following: <Run extends AnyFunction>(point: CrashPoint<Step>, run: Run) => Run;
};

type Environment = Readonly<{ CRASH_AT?: string | undefined; ENVIRONMENT?: string | undefined }>;

/**
 * Reads `CRASH_AT`: a point, or `point#n` for the n-th time that it is reached. Throws {@link CannotStartError} for a
 * point of none of the `steps`, and in production for any.
 */
export function crashPoints<const Step extends string>(
  steps: readonly Step[],
  { CRASH_AT: setting = '', ENVIRONMENT: environment }: Environment,
  die: (point: string) => unknown = killThisProcess,
): CrashPoints<Step> {
  if (setting === '') return { around: (_step, run) => run, following: (_point, run) => run };
  if (environment === 'production') throw new CannotStartError('CRASH_AT is for tests: unset it in production');
  const armed = parseSetting(steps, setting);
  let left = armed.times;

  /** Does not return when it is time. */
  function reach(point: string | null): void {
    if (point !== armed.point) return;
    left -= 1;
    if (left === 0) die(armed.point);
  }

  const pointOf = (step: Step | null, side: CrashSide) => step && `${step}:${side}`;
  return {
    around: <Run extends AnyFunction>(step: StepOf<Step, Run>, run: Run) =>
      ((...args: Parameters<Run>) => {
        const taken = typeof step === 'function' ? step(...args) : step;
        reach(pointOf(taken, 'before'));
        return afterwards(run(...args), () => reach(pointOf(taken, 'after')));
      }) as Run,
    following: <Run extends AnyFunction>(point: CrashPoint<Step>, run: Run) =>
      ((...args: Parameters<Run>) => afterwards(run(...args), () => reach(point))) as Run,
  };
}

function parseSetting(steps: readonly string[], setting: string): { point: string; times: number } {
  const [, point = '', times = '1'] = /^([^#]+)(?:#([1-9]\d{0,8}))?$/.exec(setting) ?? [];
  const known = steps.flatMap((step) => crashSides.map((side) => `${step}:${side}`));
  if (known.includes(point)) return { point, times: Number(times) };
  throw new CannotStartError(`CRASH_AT=${setting} is no crash point of this process, which has ${known.join(', ')}`);
}

// A step that fails made nothing durable: what comes after it is not reached.
function afterwards(result: unknown, next: () => void): unknown {
  if (result instanceof Promise) {
    return result.then((value: unknown) => {
      next();
      return value;
    });
  }
  next();
  return result;
}

function killThisProcess(point: string): never {
  writeSync(2, `crash point ${point} reached\n`);
  process.kill(process.pid, 'SIGKILL');
  // The signal has ended this thread by now; should a system be slower, it does nothing more until then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
