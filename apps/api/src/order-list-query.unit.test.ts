import { describe, expect, it } from 'vitest';
import { typedQuery } from './order-list-query.ts';

describe('the typed query', () => {
  it.each([
    [{ limit: '50' }, { limit: 50 }],
    [{ limit: '05' }, { limit: 5 }],
    [{ limit: '5.5' }, { limit: '5.5' }],
    [{ limit: '' }, { limit: '' }],
    [{ limit: '9'.repeat(400) }, { limit: '9'.repeat(400) }],
    [{ status: 'placed' }, { status: ['placed'] }],
    [{ status: 'placed,failed' }, { status: ['placed', 'failed'] }],
    [{ status: ['placed', 'failed,in_doubt'] }, { status: ['placed', 'failed', 'in_doubt'] }],
    [{ instrument: '123456789012' }, { instrument: '123456789012' }],
    [{}, {}],
  ])('of %o is %o', (raw, typed) => {
    expect(typedQuery(raw)).toEqual(typed);
  });
});
