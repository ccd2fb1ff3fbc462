// A call that grpc-js has ended by itself, as for a message that it cannot read, does end. Its handler learns of that
// only after the status has left; what it writes until then would break the stream behind the status, and the client
// would wait for ever.
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';

/** Drops what is written to a call that has its status. */
export const dropLateMessages: ServerInterceptor = (_method, call) => {
  const { sendMessage, sendStatus } = call;
  let hasStatus = false;
  call.sendStatus = (status) => {
    hasStatus = true;
    sendStatus.call(call, status);
  };
  call.sendMessage = (message, callback) => {
    if (!hasStatus) sendMessage.call(call, message, callback);
  };
  // Itself, not wrapped: every message of every call would pass through the wrapping.
  return call as ServerInterceptingCall;
};
