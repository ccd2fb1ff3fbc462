import { describe, expect, it } from 'vitest';
import { preferredMediaType } from './media-types.ts';

const offered = ['application/json', 'application/x-ndjson'] as const;

describe('the preferred media type', () => {
  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['Application/X-NDJSON', 'application/x-ndjson'],
    ['application/x-ndjson; q=0.5', 'application/x-ndjson'],
    ['application/x-ndjson, */*;q=0.1', 'application/x-ndjson'],
    ['application/json;q=0.5, application/x-ndjson;q=0.9', 'application/x-ndjson'],
    ['application/json;q=0.9, application/x-ndjson;q=0.5', 'application/json'],
    ['*/*, application/json;q=0', 'application/x-ndjson'],
    ['application/*;q=0.2, application/json;q=0.1', 'application/x-ndjson'],
    ['text/html, application/xhtml+xml, */*;q=0.8', 'application/json'],
    ['nonsense, application/x-ndjson', 'application/x-ndjson'],
    ['text/event-stream', null],
    ['application/json;q=0, application/x-ndjson;q=0.000', null],
    ['nonsense', null],
  ])('for Accept: %s is %s', (accept, mediaType) => {
    expect(preferredMediaType(accept, offered)).toBe(mediaType);
  });
});
