// Keeps the files of the page, so that it works without a network.

importScripts('files.js');  // VERSION, which changes with any file, and FILES

// Other pages of the same origin have caches, too.
const PREFIX = `dualstream ${registration.scope} `;
const KEPT = PREFIX + VERSION;

self.addEventListener('install', (event) => {
  const fresh = FILES.map((file) => new Request(file, {cache: 'reload'}));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(fresh)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(removeOld().then(() => clients.claim()));
});

self.addEventListener('fetch', (event) => event.respondWith(answer(event.request)));

async function removeOld() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
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
