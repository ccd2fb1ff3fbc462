// The id of an event, derived from what it says: a UUID of version 5 (RFC 9562, 5.5). By hand, because it is made for
// every event that is written, and the general function for it takes eight times as long.
import { hash } from 'node:crypto';

// Fixed for ever: changing it would give every repeated append a new id.
export const eventIdNamespace = '5a0d7c3e-8f34-4c0e-9d55-0d9b1f6c2a11';

const namespaceBytes = Buffer.from(eventIdNamespace.replaceAll('-', ''), 'hex');
const variants = '89ab';

export function eventIdOf(fingerprint: string): string {
  const hex = hash('sha1', Buffer.concat([namespaceBytes, Buffer.from(fingerprint)]), 'hex');
  const variant = variants[Number.parseInt(hex.charAt(16), 16) % variants.length];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
