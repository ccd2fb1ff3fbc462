// The rows of the conformance checklist: what EventStoreDB guarantees, as the unmodified client sees it. The name of
// each test is `row N: ` and the title that stands here; the report and the test of completeness go by this list.

export type Section =
  | 'connection'
  | 'append'
  | 'idempotency'
  | 'reads'
  | 'subscriptions'
  | 'filtered subscriptions'
  | 'deletion and metadata'
  | 'persistent subscriptions';

/** `out` of the embedded store's scope: it answers UNIMPLEMENTED, and that is what is tested. */
export type Scope = 'in' | 'out';

export type Row = Readonly<{ number: number; title: string; section: Section; scope: Scope }>;

const rows = (section: Section, titles: Readonly<Record<number, string>>, scope: Scope = 'in'): Row[] =>
  Object.entries(titles).map(([number, title]) => ({ number: Number(number), title, section, scope }));

export const checklist: readonly Row[] = [
  ...rows('connection', {
    1: 'the first call asks once, and anonymously, which methods the server has',
    2: 'one host is connected to directly, and discovery asks by gossip',
    3: 'an append goes by BatchAppend, and with credentials of its own by Append',
    4: 'the same client appends again after a restart (needs a server that the test may stop)',
    5: 'an append is refused with code 14 while the server is down (needs a server that the test may stop)',
    6: 'the client never calls persistent subscriptions unsupported',
    7: 'pings and questions about its health are answered over HTTP/1.1',
  }),
  ...rows(
    'connection',
    {
      8: 'refuses to list projections',
    },
    'out',
  ),
  ...rows('append', {
    9: 'no_stream creates a stream at revision 0 and answers with its position',
    10: 'the answer carries the revision of the last event',
    11: 'the answer carries the position that the last event is read with',
    12: 'no_stream is refused for an existing stream',
    13: 'stream_exists is refused for an absent stream',
    14: 'stream_exists is taken for an existing stream',
    15: 'a stream with nothing but metadata exists',
    16: 'a revision is refused for an absent stream',
    17: 'of all revisions only the current one is taken',
    18: 'a refused append writes nothing and is told to nobody',
    19: 'of 20 rivals one creates the stream',
    20: '50 appends at a time get revisions and positions in one order',
    21: 'a client that asks for it is told of a conflict without an error',
    22: 'an append without events leaves an absent stream absent',
    23: 'an append without events at the current revision changes nothing',
    24: 'an append without events at another revision is refused',
    25: 'JSON comes back as it was',
    26: 'bytes come back as bytes',
    27: 'an event without metadata comes back without',
    28: 'strings, numbers, lists and no bytes at all are data as well',
    29: 'an event is stamped with the time of its append',
    30: 'ids come back in lower case',
    31: 'one mebibyte of data is taken, and not a byte more',
    32: 'too many small events are refused, and the next append is taken',
    33: 'an append that is sent in many frames is one append',
    34: 'an append that comes after its deadline is refused',
    35: 'a tombstoned stream takes no appends',
    36: 'stream_exists is refused for a deleted stream',
    37: 'an event without a type is refused',
    38: 'an id that is no UUID is refused, and the next append is taken',
  }),
  ...rows('idempotency', {
    39: 'the repeat of one event with no_stream is answered alike and stored once',
    40: 'a late repeat is answered as the first time, not with the end of the stream',
    41: 'the beginning of an append is recognised with no_stream',
    42: 'the end of an append is recognised with the revision before it',
    43: 'a repeat with a new event at its end is refused with no_stream',
    44: 'a repeat is recognised at its own place, and at the current revision never',
    45: 'four events with any are stored once',
    46: 'any part of an append is recognised with any',
    47: 'with any a new event after a known one is refused, before a known one it is taken',
    48: 'one id three times in one append is three events, once',
    49: 'an id that is known in one stream is new in another',
    50: 'a repeat does not bring a deleted stream back',
    51: 'a repeat over the other call is recognised',
    52: 'subscribers are told of a repeated event once',
  }),
  ...rows('reads', {
    53: 'a stream is read from its first event on',
    54: 'a read includes the revision it starts from, and ends where asked',
    55: 'a stream is read backwards from its end, a revision or its start, each included',
    56: 'from beyond the end there is nothing forwards, and everything backwards',
    57: 'an absent stream is not found',
    58: 'reading forwards from the end, or no events at all, is an error',
    59: 'the client refuses a negative revision itself',
    60: 'counts are exact over the edges of pages, and a read may be left early',
    61: 'every event of a stream knows its position in the log',
    62: '$all holds the events of all streams in the order of their appends, and ends where asked',
    63: 'forwards $all includes the position it is read from',
    64: 'backwards $all excludes the position it is read from',
    65: '$all is read from its end newest first, and is empty outwards from either end',
    66: 'a link is shown as the event it leads to when asked, and otherwise as itself',
    67: 'a link that leads nowhere is shown alone',
  }),
  ...rows('subscriptions', {
    68: 'it tells of its confirmation, history, caught up and live events, in this order',
    69: 'from a revision it starts after it, and goes on live',
    70: 'from revision 0 it starts with revision 1',
    71: 'from the end it has caught up at once and tells of later events only',
    72: 'it waits for a stream that is absent',
    73: 'a tombstone is its last event, and then it fails',
    74: 'to a tombstoned stream it fails without a confirmation',
    75: 'it hears nothing of a deletion, and of the stream that comes back the next revision',
    76: 'from the position of an event it starts after it',
    77: 'it misses and repeats nothing while 1,000 events are appended',
    78: 'it ends without an error when the client unsubscribes',
    87: 'without a filter it is sent no checkpoints',
    89: 'two of one client are independent, and end without an error when it is disposed',
  }),
  ...rows('filtered subscriptions', {
    79: 'it lets streams through by prefixes or an expression',
    80: 'it lets types through by prefixes or an expression, and can exclude system events',
    81: 'history that held a match ends with a checkpoint',
    82: 'one comes for every 32 live events that do not match',
    83: 'the interval multiplies the 32 events, and the search window replaces them',
    84: 'who subscribes again from a checkpoint misses and repeats nothing',
    85: 'they grow from one to the next',
    86: 'none comes before caught up from the end',
    88: 'six or seven come for 384 events and an interval of 64',
  }),
  ...rows('deletion and metadata', {
    90: 'it is not found, while $all shows its events and the metadata that hides them',
    91: 'an absent stream cannot be deleted',
    92: 'a revision to delete at must be the current one',
    93: 'a stream with nothing but metadata can be deleted with no_stream',
    94: 'the client fails to ask for a deletion with stream_exists',
    95: 'an append brings it back, numbered on and without its old events',
    96: 'once it is back, no_stream is refused again',
    97: 'its metadata went with it',
    98: 'it can be deleted again, and then tombstoned',
    99: 'even an absent one is gone for ever',
    100: '$maxCount leaves the newest events, and of metadata itself one',
    101: '$tb hides the events before it, in both directions, and appends go on',
    102: '$maxAge hides events once they are older, and appends go on',
    103: 'it comes back as it was set, custom keys and access list included',
    104: 'a subscription from the start begins after what $tb hides',
  }),
  ...rows(
    'persistent subscriptions',
    {
      105: 'refuses to create a group',
      106: 'refuses to change, delete, describe and replay a group, and to connect to it',
      107: 'refuses to create a group that starts with history',
      108: 'refuses to collect events for a group before a consumer connects',
      109: 'refuses to confirm a consumer',
      110: 'refuses to deliver as much as the buffer of a consumer takes',
      111: 'refuses to deliver again what a consumer rejects',
      112: 'refuses to deliver again what is not acknowledged',
      113: 'refuses to skip what a consumer skips',
      114: 'refuses to park what a consumer parks',
      115: 'refuses to replay what was parked',
      116: 'refuses to spread events over consumers',
      117: 'refuses to give another consumer what a lost one had',
      118: 'refuses to limit the consumers of a group',
      119: 'refuses to drop consumers when their group is deleted or changed',
      120: 'refuses to go on from the checkpoint of a group',
      121: 'refuses to tell the settings and figures of a group',
      122: 'refuses to list groups',
      123: 'refuses to create a filtered group for $all',
      124: 'refuses to check the sizes of buffers',
      125: 'refuses to start a group for $all at a position',
    },
    'out',
  ),
].toSorted((a, b) => a.number - b.number);
