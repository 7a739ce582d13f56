// What this phone keeps, in IndexedDB: `vault` (the sealed key, the choices) and `operations` (the
// journal). The law: a write is on the disk before it is told to be done (durability "strict").

const NAME = "cjeune-tpe";
const VERSION = 1;

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("vault");
      asked.result.createObjectStore("operations", { keyPath: "operation_id" });
    };
    asked.onsuccess = () => {
      // Another version of the app wants to change the shelves: it must not wait for us.
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function change(name, work) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(name, "readwrite", { durability: "strict" });
    work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
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

export const store = {
  open,
  read: (name, key) => look(name, (shelf) => shelf.get(key)),
  all: (name) => look(name, (shelf) => shelf.getAll()),
  write: (name, value, key) => change(name, (shelf) => shelf.put(value, key)),
  remove: (name, key) => change(name, (shelf) => shelf.delete(key)),
};
