package dev.hookline.devicesync;

import java.time.Instant;

/**
 * What a pull moves its cursor to; nothing of it ever moves one back.
 *
 * @param events how many were given to the device
 * @param at when it pulled
 */
record Acknowledgement(long cursor, long epoch, long position, long lastEventId, long syncs, long events, Instant at) {

    /** Two of one cursor and epoch as one. */
    Acknowledgement and(Acknowledgement other) {
        return new Acknowledgement(
                cursor,
                epoch,
                Math.max(position, other.position),
                Math.max(lastEventId, other.lastEventId),
                syncs + other.syncs,
                events + other.events,
                at.isAfter(other.at) ? at : other.at);
    }
}
