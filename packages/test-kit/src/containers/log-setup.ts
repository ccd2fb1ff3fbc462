// Puts what the containers of a failing test wrote last into its message.
import { afterEach } from 'vitest';
import { containerTails, forgetRemovedContainers } from './tails.ts';

afterEach(async ({ task }) => {
  const error = task.result?.state === 'fail' ? task.result.errors?.[0] : undefined;
  if (error === undefined) return forgetRemovedContainers();
  for (const tail of await containerTails()) error.message += `\n${tail}`;
});
