import { describe, expect, it, vi } from 'vitest';
import { eventStream } from './event-stream.ts';
import type { Chunk } from './recent-events.ts';

const chunkOf = (text: string, reached: bigint): Chunk => ({
  bytes: Buffer.from(text),
  events: text === '' ? 0 : 1,
  reached,
});

/** A source that a test feeds by hand. */
function controlled() {
  const waiting: Promise<Chunk | Error | 'end'>[] = [];
  const next: PromiseWithResolvers<Chunk | Error | 'end'>[] = [];
  const more = () => {
    const step = Promise.withResolvers<Chunk | Error | 'end'>();
    next.push(step);
    waiting.push(step.promise);
  };
  more();
  async function* source(): AsyncGenerator<Chunk, void, void> {
    for (;;) {
      const value = await waiting.shift();
      more();
      if (value === 'end' || value === undefined) return;
      if (value instanceof Error) throw value;
      yield value;
    }
  }
  return { source: source(), give: (value: Chunk | Error | 'end') => next.shift()?.resolve(value) };
}

function openStream({ heartbeatMs = 60_000, blockedMs = 60_000 } = {}) {
  const ending = new AbortController();
  const cut = vi.fn();
  const { source, give } = controlled();
  let sent = 0;
  const bytes = eventStream({
    source,
    startsAfter: 5n,
    stream: { signal: ending.signal, cut },
    limits: { heartbeatMs, blockedMs },
    onSent: (events) => {
      sent += events;
    },
  });
  const take = async () => {
    const { value, done } = await bytes.next();
    return done ? 'done' : String(value);
  };
  return { take, give, cut, end: () => ending.abort(), sent: () => sent };
}

describe('an event stream', () => {
  it('opens with where it begins, and then hands on what its source has', async () => {
    const { take, give, sent } = openStream();
    expect(await take()).toBe(': open\nretry: 1000\n\n: alive\nid: 5\n\n');
    give(chunkOf('first', 6n));
    expect(await take()).toBe('first');
    give(chunkOf('second', 7n));
    expect(await take()).toBe('second');
    give('end');
    expect(await take()).toBe('done');
    expect(sent()).toBe(2);
  });

  it('names in a heartbeat only a place whose events have left', async () => {
    const { take, give } = openStream({ heartbeatMs: 5 });
    await take();
    expect(await take()).toBe(': alive\nid: 5\n\n');
    give(chunkOf('event', 6n));
    await vi.waitFor(async () => expect(await take()).toBe('event'), { timeout: 30_000 });
    expect(await take()).toBe(': alive\nid: 6\n\n');
  });

  it('shows that it is alive although its source is busy with what nobody wants', async () => {
    const { take, give } = openStream({ heartbeatMs: 20 });
    await take();
    let place = 6n;
    const busy = setInterval(() => {
      give(chunkOf('', place));
      place += 1n;
    }, 1);
    expect(await take()).toMatch(/^: alive\nid: \d+\n\n$/);
    expect(await take()).toMatch(/^: alive\nid: \d+\n\n$/);
    clearInterval(busy);
  });

  it('cuts the connection of a client that does not take what it was sent', async () => {
    const { take, give, cut } = openStream({ blockedMs: 10 });
    await take();
    give(chunkOf('event', 6n));
    expect(await take()).toBe('event');
    await vi.waitFor(() => expect(cut).toHaveBeenCalled(), { timeout: 30_000 });
  });

  it('leaves a client alone that has taken everything, however long nothing happens', async () => {
    const { take, give, cut } = openStream({ blockedMs: 10, heartbeatMs: 100 });
    await take();
    give(chunkOf('event', 6n));
    await take();
    expect(await take()).toContain('alive');
    expect(cut).not.toHaveBeenCalled();
  });

  it('ends when it is to, although its source is in the middle of something', async () => {
    const { take, end } = openStream();
    await take();
    const next = take();
    end();
    expect(await next).toBe('done');
  });

  it('throws what its source throws', async () => {
    const { take, give } = openStream();
    await take();
    give(new Error('no such position'));
    await expect(take()).rejects.toThrow('no such position');
  });
});
