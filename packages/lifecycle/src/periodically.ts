/**
 * Runs `task` again and again, `pauseMs` after its last end, so never twice at once. The returned function ends that.
 */
export function periodically(pauseMs: number, task: () => unknown, onError: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout;
  let stopped = false;

  async function run() {
    await Promise.try(task).catch(onError);
    if (!stopped) timer = setTimeout(run, pauseMs);
  }

  timer = setTimeout(run, pauseMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
