// One call of a process to something outside, and everything that can go wrong with it: it does not arrive, its answer
// is lost or slow, it arrives after the caller has given up, the caller dies once it has been carried out.
import type { Process, Turns } from './turns.ts';

const ends = ['ok', 'slow answer', 'fails', 'answer lost', 'crash', 'pause', 'late', 'in part'] as const;
type End = (typeof ends)[number];

export type CallFaults = {
  /** What the caller is told when the call certainly did nothing. */
  failed: () => Error;
  /** What it is told when it cannot know. */
  lost: () => Error;
  /** Whether the call may be carried out after the caller gave up. */
  mayBeLate?: boolean;
  /** Carries out a part only, for calls that are not atomic. */
  inPart?: () => void;
};

export type Calls = ReturnType<typeof callsOf>;

type Crash = (process: Process, sent: boolean) => void;

const network: Process = { name: 'network', life: 'running' };

export function callsOf(turns: Turns, crash: Crash, see: (what: string) => void) {
  /** Something that is on its way, whatever becomes of its sender. Carried out by then at the latest. */
  function arrivesLater(label: string, carryOut: () => unknown, byMs?: number): void {
    const waiting = { isPatient: true, ...(byMs === undefined ? {} : { deadline: { ms: byMs, end: 'ok' } }) };
    const arrival = async () => {
      const end = await turns.park(network, `${label} arrives`, ['ok', 'is lost'], waiting);
      if (end === 'ok') await carryOut();
      turns.moved();
    };
    void arrival();
  }

  async function call<Answer>(
    process: Process,
    label: string,
    carryOut: () => Answer | Promise<Answer>,
    { failed, lost, mayBeLate = false, inPart }: CallFaults,
  ): Promise<Answer> {
    const possible = ends.filter((end) => (end !== 'late' || mayBeLate) && (end !== 'in part' || inPart !== undefined));
    const onSent = () => arrivesLater(label, carryOut);
    const end: End = await turns.park(process, label, possible as [End, ...End[]], mayBeLate ? { onSent } : {});
    if (end !== 'ok') see(`${label.split(' ')[0]} ${end}`);
    switch (end) {
      case 'ok':
        return carryOut();
      case 'pause':
        pause(process);
        return answerSlowly(process, label, carryOut);
      case 'slow answer':
        return answerSlowly(process, label, carryOut);
      case 'fails':
        throw failed();
      case 'answer lost':
        await carryOut();
        throw lost();
      case 'crash':
        await carryOut();
        return diedAt(process);
      case 'late':
        arrivesLater(label, carryOut);
        throw lost();
      case 'in part':
        inPart?.();
        throw lost();
    }
  }

  /** Carried out now, whether or not the caller is there to hear of it, who may die or be paused before it does. */
  async function answerSlowly<Answer>(process: Process, label: string, carryOut: () => Answer | Promise<Answer>) {
    const answer = Promise.resolve().then(carryOut);
    answer.catch(() => undefined);
    await turns.park(process, `${label} answers`, ['ok']);
    return answer;
  }

  function diedAt(process: Process): Promise<never> {
    crash(process, false);
    return new Promise(() => undefined);
  }

  /** The process stands still after it has sent the call, and may hear of the answer much later. */
  function pause(process: Process): void {
    turns.note(process.name, 'is paused');
    process.life = 'paused';
  }

  return { call, pause, answerSlowly, arrivesLater, diedAt };
}
