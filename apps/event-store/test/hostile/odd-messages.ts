// Messages as no client writes them, yet of the right types: any field set or unset, numbers at the ends of their
// ranges, names of any bytes. They come serialised, and without a frame.
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc, { type Arbitrary } from 'fast-check';
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampMessages from 'google-protobuf/google/protobuf/timestamp_pb.js';

const { AppendReq, BatchAppendReq, DeleteReq, ReadReq, TombstoneReq } = streams;
const { FilterOptions, StreamOptions, AllOptions, Position, UUIDOption } = ReadReq.Options;

/** Builds a message by steps of which any may be left out. */
function message<Message extends { serializeBinary: () => Uint8Array }>(
  create: () => Message,
  ...steps: Arbitrary<(message: Message) => unknown>[]
): Arbitrary<Message> {
  return fc.tuple(...steps.map((step) => fc.option(step, { freq: 4 }))).map((chosen) => {
    const built = create();
    for (const apply of chosen) apply?.(built);
    return built;
  });
}

const set =
  <Message, Value>(apply: (message: Message, value: Value) => unknown) =>
  (value: Value) =>
  (target: Message) =>
    apply(target, value);

const uint64Max = 2n ** 64n - 1n;
export const uint64 = fc
  .oneof(
    fc.constantFrom(
      0n,
      1n,
      2n,
      2n ** 32n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
      2n ** 63n,
      uint64Max - 1n,
      uint64Max,
    ),
    fc.bigInt(0n, 20n),
    fc.bigInt(0n, uint64Max),
  )
  .map(String);
const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);
const uint32 = fc.oneof(fc.nat(40), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1));

export const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    'a\0b',
    '\ud800',
    'x\udfff',
    '__proto__',
    '$metadata',
    '$>',
    '$streamDeleted',
    '$all',
    '\ufffd',
  ),
  fc.string({ minLength: 3_000, maxLength: 5_000 }),
);
const nameBytes = fc.oneof(
  oddText.map((text) => Buffer.from(text)),
  fc.nat(20).map((number) => Buffer.from(`odd-${number}`)),
  fc.nat(20).map((number) => Buffer.from(`$$odd-${number}`)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('eda080', 'c080', 'f8888080', 'ff', '0000').map((hex) => Buffer.from(hex, 'hex')),
);
const identifier = nameBytes.map((name) => new shared.StreamIdentifier().setStreamName(name));

const structured = fc
  .tuple(int64, int64)
  .map(([most, least]) => new shared.UUID.Structured().setMostSignificantBits(most).setLeastSignificantBits(least));
const uuid = fc.oneof(
  fc.uuid().map((text) => new shared.UUID().setString(text)),
  fc.uuid().map((text) => new shared.UUID().setString(text.toUpperCase())),
  fc.constantFrom('00000000-0000-0000-0000-000000000000', '').map((text) => new shared.UUID().setString(text)),
  structured.map((bits) => new shared.UUID().setStructured(bits)),
  oddText.map((text) => new shared.UUID().setString(text)),
  fc.constant(null).map(() => new shared.UUID()),
);

const metadataDocument = fc
  .oneof(
    fc
      .dictionary(
        fc.constantFrom('$maxCount', '$maxAge', '$tb', '$cacheControl', '$acl', 'custom'),
        fc.oneof(fc.jsonValue(), fc.constantFrom(0, -1, 1, 2 ** 53, 2 ** 63)),
      )
      .map((document) => JSON.stringify(document)),
    fc.constantFrom('', '{', 'null', '[]', '{"$tb":9223372036854775807}', '{"$tb":1e400}', '{"$maxCount":"1"}'),
  )
  .map((text) => Buffer.from(text));
const payload = fc.oneof(metadataDocument, fc.uint8Array({ maxLength: 60 }));

const properties = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('type'), fc.oneof(oddText, fc.constantFrom('Happened', '$metadata'))),
    fc.tuple(fc.constant('content-type'), fc.constantFrom('application/json', 'application/octet-stream', '', 'odd')),
    fc.tuple(oddText, oddText),
  ),
  { maxLength: 5 },
);

type Proposed = InstanceType<typeof BatchAppendReq.ProposedMessage>;
function proposed<Message extends Proposed | InstanceType<typeof AppendReq.ProposedMessage>>(create: () => Message) {
  return message<Message>(
    create,
    uuid.map(set((target, value) => target.setId(value))),
    payload.map(set((target, value) => target.setData(value))),
    payload.map(set((target, value) => target.setCustomMetadata(value))),
    properties.map((list) => (target) => {
      for (const [name, value] of list) target.getMetadataMap().set(name, value);
    }),
    fc.constant((target) => target.getMetadataMap().set('type', 'Happened').set('content-type', 'application/json')),
  );
}

const empty = () => new shared.Empty();
type Expecting = {
  setRevision: (value: string) => unknown;
  setAny: (value: InstanceType<typeof shared.Empty>) => unknown;
  setNoStream: (value: InstanceType<typeof shared.Empty>) => unknown;
  setStreamExists: (value: InstanceType<typeof shared.Empty>) => unknown;
};
const expectation = <Message extends Expecting>() =>
  fc.oneof(
    fc.constant((target: Message) => target.setAny(empty())),
    fc.constant((target: Message) => target.setNoStream(empty())),
    fc.constant((target: Message) => target.setStreamExists(empty())),
    uint64.map((revision) => (target: Message) => target.setRevision(revision)),
  );

const bytesOf = (built: { serializeBinary: () => Uint8Array }) => Buffer.from(built.serializeBinary());

const appendFrame = message(
  () => new AppendReq(),
  proposed(() => new AppendReq.ProposedMessage()).map(set((target, value) => target.setProposedMessage(value))),
);
const appendOptions = message(
  () => new AppendReq.Options(),
  identifier.map(set((target, value) => target.setStreamIdentifier(value))),
  expectation<InstanceType<typeof AppendReq.Options>>(),
).map((options) => new AppendReq().setOptions(options));

/** The frames of one Append. */
export const oddAppend = fc
  .tuple(
    fc.option(appendOptions, { freq: 9 }),
    fc.array(fc.oneof({ weight: 6, arbitrary: appendFrame }, appendOptions), { maxLength: 4 }),
  )
  .map(([first, rest]) => [...(first === null ? [] : [first]), ...rest].map(bytesOf));

type BatchOptions = InstanceType<typeof BatchAppendReq.Options>;
const batchOptions = message<BatchOptions>(
  () => new BatchAppendReq.Options(),
  identifier.map(set((target, value) => target.setStreamIdentifier(value))),
  fc.oneof(
    fc.constant((target: BatchOptions) => target.setAny(new emptyMessages.Empty())),
    fc.constant((target: BatchOptions) => target.setNoStream(new emptyMessages.Empty())),
    fc.constant((target: BatchOptions) => target.setStreamExists(new emptyMessages.Empty())),
    uint64.map((revision) => (target: BatchOptions) => target.setStreamPosition(revision)),
  ),
  fc.tuple(fc.oneof(fc.maxSafeInteger(), fc.constant(4e9)), fc.integer()).map(
    ([seconds, nanos]) =>
      (target) =>
        target.setDeadline(new timestampMessages.Timestamp().setSeconds(seconds).setNanos(nanos)),
  ),
);

/** A frame of a BatchAppend, of one of few correlation ids. */
export const oddBatchFrame = message(
  () => new BatchAppendReq(),
  fc
    .oneof(
      fc.constantFrom('a', 'b', 'c', 'd').map((text) => new shared.UUID().setString(text)),
      uuid,
    )
    .map(set((target, value) => target.setCorrelationId(value))),
  batchOptions.map(set((target, value) => target.setOptions(value))),
  fc
    .array(
      proposed(() => new BatchAppendReq.ProposedMessage()),
      { maxLength: 3 },
    )
    .map(set((target, value) => target.setProposedMessagesList(value))),
  fc.boolean().map(set((target, value) => target.setIsFinal(value))),
).map(bytesOf);

const expression = message(
  () => new FilterOptions.Expression(),
  fc
    .oneof(oddText, fc.constantFrom('^odd', '[', '(', '(?i)x', '\\A', '$'))
    .map(set((target, value) => target.setRegex(value))),
  fc.array(oddText, { maxLength: 3 }).map(set((target, value) => target.setPrefixList(value))),
);
const filter = message(
  () => new FilterOptions(),
  expression.map(set((target, value) => target.setStreamIdentifier(value))),
  expression.map(set((target, value) => target.setEventType(value))),
  uint32.map(set((target, value) => target.setMax(value))),
  uint32.map(set((target, value) => target.setCheckpointintervalmultiplier(value))),
);
const position = fc
  .tuple(uint64, uint64)
  .map(([commit, prepare]) => new Position().setCommitPosition(commit).setPreparePosition(prepare));

export const oddRead = message(
  () => new ReadReq.Options(),
  fc.oneof(
    message(
      () => new StreamOptions(),
      identifier.map(set((target, value) => target.setStreamIdentifier(value))),
      uint64.map(set((target, value) => target.setRevision(value))),
      fc.constant((target) => target.setEnd(empty())),
      fc.constant((target) => target.setStart(empty())),
    ).map((value) => (target: InstanceType<typeof ReadReq.Options>) => target.setStream(value)),
    message(
      () => new AllOptions(),
      position.map(set((target, value) => target.setPosition(value))),
      fc.constant((target) => target.setEnd(empty())),
      fc.constant((target) => target.setStart(empty())),
    ).map((value) => (target: InstanceType<typeof ReadReq.Options>) => target.setAll(value)),
  ),
  fc.constantFrom(0, 1, 7, -1).map(set((target, value) => target.setReadDirection(value as 0))),
  fc.boolean().map(set((target, value) => target.setResolveLinks(value))),
  fc.oneof(
    uint64.map((count) => (target: InstanceType<typeof ReadReq.Options>) => target.setCount(count)),
    fc.constant((target: InstanceType<typeof ReadReq.Options>) =>
      target.setSubscription(new ReadReq.Options.SubscriptionOptions()),
    ),
  ),
  filter.map(set((target, value) => target.setFilter(value))),
  fc
    .constantFrom(new UUIDOption().setStructured(empty()), new UUIDOption().setString(empty()), new UUIDOption())
    .map(set((target, value) => target.setUuidOption(value))),
).map((options) => bytesOf(new ReadReq().setOptions(options)));

/** Of streams that nothing else in these tests uses: their loss would be noticed. */
const doomed = fc.nat(5).map((number) => new shared.StreamIdentifier().setStreamName(Buffer.from(`doomed-${number}`)));
export const oddDelete = message(
  () => new DeleteReq.Options(),
  doomed.map(set((target, value) => target.setStreamIdentifier(value))),
  expectation<InstanceType<typeof DeleteReq.Options>>(),
).map((options) => bytesOf(new DeleteReq().setOptions(options)));
export const oddTombstone = message(
  () => new TombstoneReq.Options(),
  doomed.map(set((target, value) => target.setStreamIdentifier(value))),
  expectation<InstanceType<typeof TombstoneReq.Options>>(),
).map((options) => bytesOf(new TombstoneReq().setOptions(options)));
