import { describe, expect, it } from 'vitest';
import { httpAddress } from './http-address.ts';

describe('httpAddress', () => {
  it('keeps host, port and path', () =>
    expect(httpAddress('http://localhost:8000/gateway/')).toEqual({
      base: 'http://localhost:8000/gateway',
      headers: {},
    }));

  it('turns user and password into the header that asks for them', () => {
    const { base, headers } = httpAddress('https://audit:p%40ss%3A@exchange');
    expect(base).toBe('https://exchange');
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from('audit:p@ss:').toString('base64')}` });
  });
});
