/* Takt's service worker, version {{ version }}. No page and no answer of the server is kept: they are somebody's. */
"use strict";
var KEPT = "takt-{{ version }}";
var SHELL = {{ shell | safe }};
var OFFLINE = {{ offline | safe }};
self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(KEPT).then(function (kept) {
    return kept.addAll(SHELL.map(function (path) { return new Request(path, { cache: "reload", credentials: "omit" }); }));
  }).then(function () { return self.skipWaiting(); }));
});
self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name.indexOf("takt-") === 0 && name !== KEPT; }).map(function (name) { return caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});
self.addEventListener("fetch", function (event) {
  var asked = event.request;
  if (asked.method !== "GET" || new URL(asked.url).origin !== self.location.origin) return;
  if (asked.mode === "navigate") {
    event.respondWith(fetch(asked).catch(function () { return caches.match(OFFLINE); }));
    return;
  }
  /* The files of the offline page, only where the network has none: the server's own are always the first. */
  var path = new URL(asked.url).pathname;
  if (SHELL.indexOf(path) >= 0) event.respondWith(fetch(asked).catch(function () { return caches.match(path); }));
});
