import streams from '@eventstore/db-client/generated/streams_pb.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { boundMessages } from './message-bounds.ts';

const read = (hex: string) => streams.BatchAppendReq.deserializeBinary(Buffer.from(hex, 'hex'));

const proposed = new streams.BatchAppendReq.ProposedMessage().setData('AAEC');
proposed.getMetadataMap().set('type', 'Placed');
const whole = Buffer.from(new streams.BatchAppendReq().setProposedMessagesList([proposed]).serializeBinary());

describe('boundMessages', () => {
  beforeAll(() => {
    boundMessages();
    boundMessages();
  });

  it('leaves a message that is whole as it is', () => {
    const [message] = read(whole.toString('hex')).getProposedMessagesList();
    expect(message?.getMetadataMap().get('type')).toBe('Placed');
    expect(Buffer.from(message?.getData_asU8() ?? [])).toEqual(Buffer.from([0, 1, 2]));
  });

  it.each([
    ['two gigabytes, in a length of nine bytes', '1afeaefcfcc6e0ea8105'],
    ['two gigabytes', '1afeffffff07'],
    ['four gigabytes', '1affffffff0f'],
    ['one byte more than there is', '1a0212'],
    ['a length without an end', '1affffffffffffffffffff'],
    ['in a part of a part', '1a060afeffffff07'],
    ['an entry of a map', '1a0612feffffff07'],
  ])('refuses at once a part that claims %s', (_what, hex) => {
    expect(() => read(hex)).toThrow(/^a part of the message ends at/);
  });

  it('refuses every message that was cut short within a part', () => {
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => read(whole.subarray(0, length).toString('hex')), `${length} bytes`).toThrow(
        /ends at|Decoder hit an error|Assertion failed/,
      );
    }
  });
});
