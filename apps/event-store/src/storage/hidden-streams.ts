/** Streams of the server's own that $all never shows, whoever wrote to them. */
export const isHiddenFromAll = (stream: string): boolean =>
  stream.startsWith('$') && (stream === '$epoch-information' || persistentSubscriptionToAll.test(stream));

const persistentSubscriptionToAll = /^\$persistentsubscription-\$all::.*-(checkpoint|parked)$/s;
