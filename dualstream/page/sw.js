// Keeps the files of the page, so that it works without a network.

importScripts('files.js');  // VERSION, which changes with any file, and FILES

// Other pages of the same origin have caches, too.
const PREFIX = `dualstream ${registration.scope} `;
const KEPT = PREFIX + VERSION;

self.addEventListener('install', (event) => event.waitUntil(keep()));

self.addEventListener('activate', (event) => {
  event.waitUntil(removeOld().then(() => clients.claim()));
});

self.addEventListener('fetch', (event) => event.respondWith(answer(event.request)));

async function keep() {
  const fresh = (file) => new Request(file, {cache: 'reload'});
  const cache = await caches.open(KEPT);
  await cache.addAll(FILES.map(fresh));
  // The form of LiteRT.js that this browser loads is not in FILES. The worker before this one keeps
  // it, until this one removes what that one kept.
  await Promise.all((await runtimeFiles()).map(async (url) => {
    const response = await fetch(fresh(url));
    if (response.ok) await cache.put(url, response);
  }));
}

async function runtimeFiles() {
  const kept = await Promise.all((await oldCaches()).map(
    async (name) => (await caches.open(name)).keys()));
  return kept.flat().map((request) => request.url).filter((url) => url.includes('/litert_wasm_'));
}

async function oldCaches() {
  const names = await caches.keys();
  return names.filter((name) => name.startsWith(PREFIX) && name !== KEPT);
}

async function removeOld() {
  await Promise.all((await oldCaches()).map((name) => caches.delete(name)));
}

async function answer(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request);
  if (kept) return kept;
  const fetched = await fetch(request);
  if (fetched.ok && request.url.startsWith(registration.scope)) {
    await cache.put(request, fetched.clone());
  }
  return fetched;
}
