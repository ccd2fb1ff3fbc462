import { describe, expect, it } from 'vitest';
import {
  isSoftDeleted,
  noMetadata,
  parseStreamMetadata,
  softDeletedDocument,
  withTruncateBefore,
} from './stream-metadata.ts';

const stored = (text: string, isJson = true) => ({ isJson, data: Buffer.from(text) });
const parse = (text: string, isJson = true) => parseStreamMetadata(stored(text, isJson));

describe('a metadata document', () => {
  it.each([
    [
      'counts, ages and cuts',
      '{"$maxCount":2,"$maxAge":3,"$tb":4,"x":1}',
      { maxCount: 2, maxAgeSeconds: 3, truncateBefore: 4 },
    ],
    ['a count of nothing is none', '{"$maxCount":0,"$maxAge":-1,"$tb":-5}', {}],
    ['a wrong type spoils all of it', '{"$maxCount":"2","$tb":4}', {}],
    ['a fraction spoils all of it', '{"$maxAge":1.5,"$tb":4}', {}],
    ['so does a number beyond 63 bits', '{"$maxCount":2,"$tb":9223372036854775808}', {}],
    ['and a cache control of the wrong type', '{"$cacheControl":true,"$tb":4}', {}],
    ['a list is none', '[1]', {}],
    ['null is none', 'null', {}],
    ['what is not JSON is none', '{"$tb":', {}],
    ['a document that is cut off in a character is none', '\ud800', {}],
  ])('%s', (_name, text, fields) => {
    expect(parse(text)).toEqual({ ...noMetadata, ...fields });
  });

  it('counts only in an event that says it is JSON', () => {
    expect(parse('{"$tb":4}', false)).toEqual(noMetadata);
    expect(parseStreamMetadata(undefined)).toEqual(noMetadata);
  });

  it('tells the mark of a soft delete from the number after it', () => {
    expect(isSoftDeleted(parse(softDeletedDocument.toString()))).toBe(true);
    expect(isSoftDeleted(parse('{"$tb":9223372036854775806}'))).toBe(false);
  });
});

describe('a stream that begins anew', () => {
  it('keeps its document, numbers beyond 2^53 included, and is cut at its new beginning', () => {
    const document = withTruncateBefore(stored('{"$tb":9223372036854775807,"big":12345678901234567890,"x":[1.5]}'), 4);
    expect(document?.toString()).toBe('{"$tb":4,"big":12345678901234567890,"x":[1.5]}');
  });

  it('has no document to cut in what is not JSON', () => {
    expect(withTruncateBefore(stored('bytes'), 4)).toBeUndefined();
  });
});
