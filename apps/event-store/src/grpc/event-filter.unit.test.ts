import streams from '@eventstore/db-client/generated/streams_pb.js';
import { describe, expect, it } from 'vitest';
import { parseFilter } from './event-filter.ts';

const { FilterOptions } = streams.ReadReq.Options;

const expression = ({ regex = '', prefixes = [] as string[] }) =>
  new FilterOptions.Expression().setRegex(regex).setPrefixList(prefixes);
const byStream = (rule: Parameters<typeof expression>[0]) =>
  new FilterOptions().setStreamIdentifier(expression(rule)).setCheckpointintervalmultiplier(1);
const byType = (rule: Parameters<typeof expression>[0]) =>
  new FilterOptions().setEventType(expression(rule)).setCheckpointintervalmultiplier(1);

describe('which events match', () => {
  it.each([
    ['any of the prefixes', { prefixes: ['a-', 'b-'] }, { 'a-1': true, 'b-1': true, 'c-1': false, 'xa-1': false }],
    ['prefixes are case-sensitive', { prefixes: ['order-'] }, { 'order-1': true, 'Order-1': false }],
    ['an anchored expression', { regex: '^order-[0-9a-f]' }, { 'order-a': true, 'order-z': false, 'xorder-a': false }],
    ['an expression is searched anywhere', { regex: 'der-' }, { 'order-1': true, orders: false }],
    ['the expression wins over prefixes', { regex: '^a', prefixes: ['b'] }, { a: true, b: false }],
    ['no prefix matches nothing', { prefixes: [] }, { a: false, '': false }],
    ['excludeSystemEvents', { regex: '^[^$].*' }, { OrderPlaced: true, $metadata: false, '$>': false }],
  ])('%s', (_name, rule, texts) => {
    for (const [text, matches] of Object.entries(texts)) {
      expect(parseFilter(byStream(rule)).matches({ stream: text, type: 'other' }), `stream ${text}`).toBe(matches);
      expect(parseFilter(byType(rule)).matches({ stream: 'other', type: text }), `type ${text}`).toBe(matches);
    }
  });
});

describe('an expression that backtracks', () => {
  // Twice as long for each letter: these would take minutes.
  const letters = 'a'.repeat(36);

  it.each(['^(a+)+$', '^(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$'])('ends: %s', (regex) => {
    const { matches } = parseFilter(byStream({ regex }));
    expect(matches({ stream: `${letters}!`, type: 'other' })).toBe(false);
    expect(matches({ stream: `${letters}A${letters}`, type: 'other' })).toBe(regex.includes('A'));
  });
});

describe('the checkpoint interval', () => {
  it('is the multiplier times the window of the client', () => {
    expect(parseFilter(byStream({}).setMax(5).setCheckpointintervalmultiplier(3)).checkpointInterval).toBe(15);
  });

  it('is the multiplier times 32 without a window', () => {
    expect(parseFilter(byStream({}).setCheckpointintervalmultiplier(2)).checkpointInterval).toBe(64);
  });
});

describe('what is refused', () => {
  it.each([
    ['a multiplier of 0', byStream({}).setCheckpointintervalmultiplier(0), 'checkpoint interval'],
    ['neither stream nor type', new FilterOptions().setCheckpointintervalmultiplier(1), 'neither'],
    ['a broken expression', byStream({ regex: '(' }), 'not a regular expression'],
  ])('%s', (_name, filter, message) => {
    expect(() => parseFilter(filter)).toThrow(message);
  });
});
