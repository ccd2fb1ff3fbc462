// A service as small as one can be, for the test of the frame: what it is to do stands in its settings.
import { createServer } from 'node:http';
import { sharedSettings } from '@orders/config/settings';
import { Type } from 'typebox';
import { CannotStartError, runService } from '../src/run-service.ts';

await runService({
  name: 'example',
  schema: Type.Object({
    ...sharedSettings,
    EXAMPLE_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0 }),
    EXAMPLE_END: Type.Enum(['orderly', 'hanging', 'stray', 'refusing', 'failing', 'tolerated'], { default: 'orderly' }),
  }),
  env: process.env,
  portSettings: ({ EXAMPLE_PORT }) => ({ EXAMPLE_PORT }),
  isHarmlessRejection: (reason) => reason === 'harmless',
  start: async ({ config, log, onStop }) => {
    if (config.EXAMPLE_END === 'refusing') throw new CannotStartError('this is all there is to say');
    if (config.EXAMPLE_END === 'failing') throw new Error('unexpected');
    const server = createServer();
    onStop('first', () => log.info('first step, last to stop'));
    onStop('server', () => server.close());
    onStop('broken', () => Promise.reject(new Error('broken step')));
    if (config.EXAMPLE_END === 'hanging') onStop('hanging', () => new Promise(() => undefined));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.EXAMPLE_PORT, '127.0.0.1', () => resolve());
    });
    if (config.EXAMPLE_END === 'tolerated') void Promise.reject('harmless');
    if (config.EXAMPLE_END === 'stray') void Promise.reject(new Error('nobody waits for this'));
  },
});
