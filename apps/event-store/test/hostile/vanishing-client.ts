// A client in a process of its own, to be killed or stopped: it follows the log, and is amid two appends. Started with
// the port of the server and the stream of the appends; sends a message to its parent once all of it is under way.
import { once } from 'node:events';
import { grpcHeaders, openSession, openStream, paths } from './raw-calls.ts';
import { batchFrame, openedAppend, subscriptionRequest } from './requests.ts';

export const subscriptionsOfVanishing = 10;

const [port, stream = ''] = process.argv.slice(2);
if (port !== undefined) {
  const session = await openSession(Number(port));
  const confirmations = Array.from({ length: subscriptionsOfVanishing }, () => {
    const call = openStream(session, grpcHeaders(paths.read));
    call.end(subscriptionRequest({ from: 'end' }));
    return once(call, 'data');
  });
  openStream(session, grpcHeaders(paths.append)).write(openedAppend(stream));
  openStream(session, grpcHeaders(paths.batchAppend)).write(batchFrame({ stream }));
  await Promise.all(confirmations);
  process.send?.('under way');
}
