// Tells a script whether the tests can run in containers: exit code 0 if so. Otherwise it says why not in one line, and
// ends with 1 if containers are required, and with 75 if the tests may be skipped.
import { containerImages } from './images.ts';
import { containersAreRequired, findContainerRuntime } from './runtime.ts';

const skip = 75;

const runtime = await findContainerRuntime(Object.values(containerImages()));
if (runtime.available) process.exit(0);
// A daemon that hangs keeps its connection, which would keep this process.
process.stdout.write(`${runtime.reason}\n`, () => process.exit(containersAreRequired() ? 1 : skip));
