import pLimit from 'p-limit';

type Watcher = (isTaken: boolean) => void;

const turns = pLimit(1);
const watchers = new Set<Watcher>();

/** Hear when somebody is to be talked with on the terminal, before it begins, and when it is free again. */
export function watchTerminal(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

const tell = (isTaken: boolean): void => {
  for (const watcher of watchers) watcher(isTaken);
};

/** Talk with whoever is at the terminal: one after the other, and whoever watches draws nothing meanwhile. */
export function takeTerminal<T>(talk: () => Promise<T>): Promise<T> {
  return turns(async () => {
    tell(true);
    try {
      return await talk();
    } finally {
      tell(false);
    }
  });
}
