/** At most `atOnce` calls at a time. Rejects with the first failure, once every call that was begun has ended. */
export async function callEach<Item>(
  items: readonly Item[],
  atOnce: number,
  call: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | null = null;
  const caller = async () => {
    for (let item = items[next++]; item !== undefined && failure === null; item = items[next++]) {
      await call(item).catch((error: unknown) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, caller));
  if (failure !== null) throw (failure as { error: unknown }).error;
}
