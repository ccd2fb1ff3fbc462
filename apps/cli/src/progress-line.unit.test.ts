import { describe, expect, it } from 'vitest';
import { showProgress } from './progress-line.ts';

function shown(errors: number | null) {
  let written = '';
  let atMs = 0;
  const context = {
    columns: { output: null, errors },
    writeError: (text: string) => {
      written += text;
    },
  };
  const progress = showProgress(context, { label: 'export', unit: 'events', nowMs: () => atMs });
  const at = (ms: number, done: number, total?: number) => {
    atMs = ms;
    progress.update(done, total);
  };
  return { at, end: progress.end, written: () => written };
}

describe('showProgress', () => {
  it('draws one line on a terminal, with rate and time left, and takes it away at the end', () => {
    const { at, end, written } = shown(120);
    at(1_000, 250, 1_000);
    expect(written()).toBe(
      '\rexport  █████░░░░░░░░░░░░░░░  25 %  250 of 1,000 events  250 events/s  0:03 left\u001b[K',
    );
    end();
    expect(written().endsWith('\r\u001b[K')).toBe(true);
  });

  it('never draws more than the terminal is wide', () => {
    const { at, written } = shown(20);
    at(1_000, 250, 1_000);
    expect(written()).toBe('\rexport  █████░░░░░░\u001b[K');
  });

  it('draws no oftener than eyes can follow', () => {
    const { at, written } = shown(80);
    at(50, 1);
    expect(written()).toBe('');
  });

  it('writes a plain line now and then where there is no terminal', () => {
    const { at, end, written } = shown(null);
    at(1_000, 10, 7_200_000);
    at(10_000, 10_000, 7_210_000);
    end();
    expect(written()).toBe('export  0 %  10,000 of 7,210,000 events  1,000 events/s  2:00:00 left\n');
  });

  it('leaves out what nobody knows', () => {
    const { at, written } = shown(null);
    at(10_000, 500);
    expect(written()).toBe('export  500 events  50 events/s\n');
  });

  it('tells the rate of the last seconds, not of all time', () => {
    const { at, written } = shown(120);
    at(100_000, 0, 1_000);
    at(101_000, 100, 1_000);
    expect(written()).toContain('100 events/s  0:09 left');
  });
});
