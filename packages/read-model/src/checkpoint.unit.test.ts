import { describe, expect, it } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, generationIn } from './checkpoint.ts';

const checkpoint: Checkpoint = {
  storeId: 'store-1',
  viewVersion: 3,
  phase: 'live',
  position: { commit: 12n, prepare: 11n },
  generation: '',
};

describe('a checkpoint', () => {
  it.each<[string, string, Partial<Checkpoint>]>([
    ['before there were versions', '["store-1","live",["12","11"]]', { viewVersion: 1 }],
    ['before there were generations', '["store-1","live",["12","11"],3]', {}],
    ['of a later generation', '["store-1","live",["12","11"],3,"b"]', { generation: 'b' }],
    ['of the first version, built anew', '["store-1","live",["12","11"],1,"b"]', { viewVersion: 1, generation: 'b' }],
    ['of an empty log', '["store-1","live",null,3]', { position: null }],
  ])('is read as it was written, and written as it was read: %s', (_what, text, over) => {
    expect(decodeCheckpoint(text)).toEqual({ ...checkpoint, ...over });
    expect(encodeCheckpoint({ ...checkpoint, ...over })).toBe(text);
  });

  it('is nothing where there is none, and then the first generation is the one to read', () => {
    expect(decodeCheckpoint('')).toBeNull();
    expect(encodeCheckpoint(null)).toBe('');
    expect([generationIn(null), generationIn(encodeCheckpoint({ ...checkpoint, generation: 'b' }))]).toEqual(['', 'b']);
  });
});
