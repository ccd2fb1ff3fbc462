import { NoAnswerError } from '@orders/order-store/deadline';
import { describe, expect, it } from 'vitest';
import { eventStoreAnswers, warmUp } from './event-store-readiness.ts';

function observer() {
  const seen: unknown[] = [];
  const connection = {
    answered: () => seen.push('answered'),
    failed: (error: unknown) => seen.push(error),
  };
  return { seen, connection };
}

const noAnswer = new NoAnswerError('no answer');
const refused = new Error('refused');

describe('asking the event store', () => {
  it.each([
    ['answers', async () => null, true, 'answered'],
    ['says nothing', () => Promise.reject(noAnswer), false, noAnswer],
    ['cannot be reached', () => Promise.reject(refused), false, refused],
  ])('when it %s tells the connection, and never throws', async (_name, read, answers, told) => {
    const { seen, connection } = observer();
    expect(await eventStoreAnswers(read, connection)()).toBe(answers);
    expect(seen).toEqual([told]);
  });
});

describe('warming up', () => {
  it('goes on until the event store answers', async () => {
    const answers = [false, false, true];
    await warmUp(async () => answers.shift() ?? true, new AbortController().signal, 1);
    expect(answers).toEqual([]);
  });

  it('ends with the process', async () => {
    const stopping = new AbortController();
    const warmingUp = warmUp(async () => false, stopping.signal);
    stopping.abort();
    await warmingUp;
  });
});
