// Where in Redis the read model stands.
import type { OrderStatus } from '@orders/domain/order-types';
import { keyPrefix } from '@orders/redis/key-tag';

export type Keyspace = {
  prefix: string;
  checkpoint: string;
  view: (orderId: string) => string;
  allOrders: string;
  byStatus: (status: OrderStatus) => string;
  /** By the time since when they are in doubt, where the other indexes go by the time of placement. */
  inDoubtSince: string;
  byAccount: (accountId: string) => string;
  byInstrument: (instrument: string) => string;
};

/**
 * The subscription is named in the checkpoint's key, and keeps its name for ever: another name is another checkpoint.
 */
export function keyspace(tag: string): Keyspace {
  const prefix = keyPrefix(tag);
  return {
    prefix,
    checkpoint: `${prefix}:checkpoint:orders-projector`,
    view: (orderId) => `${prefix}:order:${orderId}`,
    allOrders: `${prefix}:all`,
    byStatus: (status) => `${prefix}:status:${status}`,
    inDoubtSince: `${prefix}:in-doubt-since`,
    byAccount: (accountId) => `${prefix}:account:${accountId}`,
    byInstrument: (instrument) => `${prefix}:instrument:${instrument}`,
  };
}
