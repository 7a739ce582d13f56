// What this phone keeps, in IndexedDB: `vault` (the sealed key, the choices), `operations` (the journal)
// and `cancellations` (those that nobody has answered). The law: a write is on the disk before it is
// told to be done (durability "strict"), and what depends on what stood there is one transaction.

const NAME = "cjeune-tpe";
const VERSION = 2;
const SHELVES = { vault: undefined, operations: { keyPath: "operation_id" }, cancellations: { keyPath: "operation_id" } };

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      for (const [name, how] of Object.entries(SHELVES)) {
        if (!asked.result.objectStoreNames.contains(name)) asked.result.createObjectStore(name, how);
      }
    };
    asked.onsuccess = () => {
      const base = asked.result;
      const forget = () => {
        opened = null;
      };
      // The browser may close it (its store was cleaned); the next call opens it again.
      base.onclose = forget;
      // Another version of the app wants to change the shelves: it must not wait for us.
      base.onversionchange = () => {
        base.close();
        forget();
      };
      resolve(base);
    };
    asked.onerror = () => {
      opened = null;
      reject(asked.error);
    };
  });
  return opened;
}

// `work` gets the shelves in the order of their names.
async function change(names, work) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(names, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
    work(...names.map((name) => transaction.objectStore(name)));
  });
}

async function look(name, work) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const asked = work(base.transaction(name, "readonly").objectStore(name));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

// Calls `work` with what stands on a shelf, within the same transaction.
export function whenRead(shelf, key, work) {
  const asked = shelf.get(key);
  asked.onsuccess = () => work(asked.result);
}

export const store = {
  open,
  change,
  read: (name, key) => look(name, (shelf) => shelf.get(key)),
  all: (name) => look(name, (shelf) => shelf.getAll()),
  write: (name, value, key) => change([name], (shelf) => shelf.put(value, key)),
  remove: (name, key) => change([name], (shelf) => shelf.delete(key)),
};
