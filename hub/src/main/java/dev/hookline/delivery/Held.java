package dev.hookline.delivery;

import dev.hookline.eventlog.Event;

/**
 * A delivery in this node's memory.
 *
 * @param attempts made so far
 * @param fresh straight from fan-out; else claimed from those that were due
 */
record Held(DeliveryKey key, Event event, int attempts, boolean fresh) {}
