import { expect, it } from 'vitest';
import { derivedKey, keyspace } from './keys.ts';

const first = keyspace('orders');
const later = first.of('b');

it('keeps the first generation where the read model always stood, and all of them in one slot', () => {
  expect([first.view('1'), first.allOrders, first.checkpoint]).toEqual([
    '{orders}:order:1',
    '{orders}:all',
    '{orders}:checkpoint:orders-projector',
  ]);
  expect([later.view('1'), later.allOrders, later.checkpoint]).toEqual([
    '{orders}:g:b:order:1',
    '{orders}:g:b:all',
    '{orders}:checkpoint:orders-projector',
  ]);
});

it.each([
  [later.view('1:2'), { generation: 'b', kind: 'view', name: '1:2' }],
  [first.view('1'), { generation: '', kind: 'view', name: '1' }],
  ['{orders}:view:1', { generation: '', kind: 'view', name: '1' }],
  [later.byAccount('g:x:order:1'), { generation: 'b', kind: 'index', name: 'account:g:x:order:1' }],
  [first.inDoubtSince, { generation: '', kind: 'index', name: 'in-doubt-since' }],
  [later.byStatus('placed'), { generation: 'b', kind: 'index', name: 'status:placed' }],
  [later.buildCheckpoint, { generation: 'b', kind: 'build', name: 'build-checkpoint' }],
  [first.checkpoint, null],
  [first.buildLease, null],
  ['{orders}:place-order:wait', null],
  ['{orders}:g:unfinished', null],
  ['{others}:order:1', null],
])('tells what a key is to the read model: %s', (key, expected) => expect(derivedKey(first, key)).toEqual(expected));
