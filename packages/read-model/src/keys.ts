// Where in Redis the read model stands. It can stand there several times, as generations: the live one is the one that
// the checkpoint names, and the others are what is being built beside it, or what is left of its forerunners.
import type { OrderStatus } from '@orders/domain/order-types';
import { keyPrefix } from '@orders/redis/key-tag';

export type Keyspace = {
  /** Of everything that the gateway keeps in Redis. */
  prefix: string;
  /** Of the live generation, whichever that is. */
  checkpoint: string;
  /** Held by whoever builds a generation beside the live one. */
  buildLease: string;
  /** `''` for the first one. */
  generation: string;
  /** Of this generation, as long as it is being built. */
  buildCheckpoint: string;
  /** Of an index by its name: {@link indexNames}. */
  index: (name: string) => string;
  view: (orderId: string) => string;
  allOrders: string;
  byStatus: (status: OrderStatus) => string;
  /** By the time since when they are in doubt, where the other indexes go by the time of placement. */
  inDoubtSince: string;
  byAccount: (accountId: string) => string;
  byInstrument: (instrument: string) => string;
  /** The same read model in another generation. */
  of: (generation: string) => Keyspace;
};

export const indexNames = {
  all: 'all',
  inDoubtSince: 'in-doubt-since',
  status: (status: OrderStatus) => `status:${status}`,
  account: (accountId: string) => `account:${accountId}`,
  instrument: (instrument: string) => `instrument:${instrument}`,
};

/**
 * The subscription is named in the checkpoint's key, and keeps its name for ever: another name is another checkpoint.
 */
export const keyspace = (tag: string): Keyspace => keysOf(keyPrefix(tag), '');

function keysOf(prefix: string, generation: string): Keyspace {
  // The first generation stands where the read model stood before there were others.
  const base = generation === '' ? prefix : `${prefix}:g:${generation}`;
  const index = (name: string) => `${base}:${name}`;
  return {
    prefix,
    checkpoint: `${prefix}:checkpoint:orders-projector`,
    buildLease: `${prefix}:build-lease`,
    generation,
    buildCheckpoint: `${base}:build-checkpoint`,
    index,
    view: (orderId) => `${base}:order:${orderId}`,
    allOrders: index(indexNames.all),
    byStatus: (status) => index(indexNames.status(status)),
    inDoubtSince: index(indexNames.inDoubtSince),
    byAccount: (accountId) => index(indexNames.account(accountId)),
    byInstrument: (instrument) => index(indexNames.instrument(instrument)),
    of: (other) => keysOf(prefix, other),
  };
}

export type DerivedKey = {
  generation: string;
  /** `build`: the checkpoint of a generation that is being built. */
  kind: 'view' | 'index' | 'build';
  /** The id of an order, or the name of an index. */
  name: string;
};

// `view`: where views stood up to version 2.
const viewFamilies = ['order:', 'view:'];
const indexFamilies = ['status:', 'account:', 'instrument:'];

/** What a key of the gateway is to the read model; `null` for what belongs to no generation of it. */
export function derivedKey({ prefix }: Pick<Keyspace, 'prefix'>, key: string): DerivedKey | null {
  if (!key.startsWith(`${prefix}:`)) return null;
  let rest = key.slice(prefix.length + 1);
  let generation = '';
  if (rest.startsWith('g:')) {
    const end = rest.indexOf(':', 2);
    if (end < 0) return null;
    generation = rest.slice(2, end);
    rest = rest.slice(end + 1);
  }
  if (rest === 'build-checkpoint') return { generation, kind: 'build', name: rest };
  const family = viewFamilies.find((start) => rest.startsWith(start));
  if (family !== undefined) return { generation, kind: 'view', name: rest.slice(family.length) };
  const isIndex = rest === indexNames.all || rest === indexNames.inDoubtSince;
  return isIndex || indexFamilies.some((start) => rest.startsWith(start))
    ? { generation, kind: 'index', name: rest }
    : null;
}
