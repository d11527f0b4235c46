// What this device keeps until the box is sealed: credentials and choices, in IndexedDB. Signing keys lie there
// as keys that nobody can read out. Where the browser keeps nothing, they last as long as the page.

const NAME = "duban-rating";
const STORE = "credentials";
const memory = new Map();

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["box", "tag"] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

async function inStore(mode, ask) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

let lasting = true;
/** Whether what was kept last outlives the page. */
export const lasts = () => lasting;

/** Keep a record { box, tag, touched, … }. */
export async function keep(record) {
  memory.set(`${record.box} ${record.tag}`, record);
  try {
    await inStore("readwrite", (store) => store.put(record));
    lasting = true;
  } catch {
    lasting = false;
  }
}

/** The records of a box, the one used last first. */
export async function records(box) {
  let found = [...memory.values()];
  try {
    found = await inStore("readonly", (store) => store.getAll());
  } catch {
    // The browser keeps nothing: what is in memory is all.
  }
  return found.filter((record) => record.box === box).sort((a, b) => b.touched - a.touched);
}

export async function forget({ box, tag }) {
  memory.delete(`${box} ${tag}`);
  try {
    await inStore("readwrite", (store) => store.delete([box, tag]));
  } catch {
    // Nothing was kept.
  }
}
