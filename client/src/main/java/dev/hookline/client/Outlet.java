package dev.hookline.client;

/** Where the typed methods put their events: they are sent at once, or kept for a batch. */
interface Outlet<R> {
    R put(Event event);
}
