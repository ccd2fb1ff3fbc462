// What the run and its writers tell each other without a message: numbers in shared memory, because the moment of a
// kill waits for nothing.
const states = ['going on', 'suspended', 'over'] as const;
export type WritingState = (typeof states)[number];

const writingSlot = 0;
const firstWriterSlot = 1;

export const createSignals = (writers: number) =>
  new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * (firstWriterSlot + writers));

export function writingOf(signals: SharedArrayBuffer) {
  const slots = new Int32Array(signals);
  return {
    state: (): WritingState => states[Atomics.load(slots, writingSlot)] ?? 'over',
    set: (state: WritingState) => void Atomics.store(slots, writingSlot, states.indexOf(state)),
  };
}

/** How many appends a writer waits for. */
export function inFlightOf(signals: SharedArrayBuffer, writer: number) {
  const slots = new Int32Array(signals);
  const slot = firstWriterSlot + writer;
  return {
    add: (difference: number) => void Atomics.add(slots, slot, difference),
    count: () => Atomics.load(slots, slot),
  };
}
