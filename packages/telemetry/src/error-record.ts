// An error as a log line holds it. Libraries hang onto their errors what they had in hand: ioredis the command, which
// for an AUTH is the password, gRPC the metadata of the call, the URL parser its input. So only what errors are known
// by is taken along, and everything else stays behind.
type ErrorRecord = {
  type: string;
  message: string;
  code?: string | number;
  stack?: string;
  cause?: ErrorRecord;
  errors?: ErrorRecord[];
};

const depthMax = 4;
const errorsMax = 4;

/** What was thrown need not be an error; unless it is a text, nothing of it is kept. */
export function errorRecord(error: unknown, depth = 1): ErrorRecord {
  if (!(error instanceof Error)) return { type: typeof error, message: textOf(error) };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const errors = error instanceof AggregateError ? (error.errors as unknown[]).slice(0, errorsMax) : [];
  const deeper = depth < depthMax;
  return {
    type: error.constructor.name || name,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(stack !== undefined && { stack }),
    ...(deeper && cause instanceof Error && { cause: errorRecord(cause, depth + 1) }),
    ...(deeper && errors.length > 0 && { errors: errors.map((one) => errorRecord(one, depth + 1)) }),
  };
}

const textOf = (thrown: unknown): string => (typeof thrown === 'string' ? thrown : 'something that is no error');
