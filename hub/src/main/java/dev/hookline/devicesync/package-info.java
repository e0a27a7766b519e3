/**
 * How phones and other devices keep up: each pulls what is new to it, and the hub remembers how far it has read.
 *
 * <p>A cursor belongs to one device of one user, one app type and one filter, so no filter skips what another wants. With a
 * {@code sync_token} a pull answers what follows the token, and the token acknowledges what lies up to it. Without one a batch
 * counts as acknowledged when it was handed to the connection whole, and the next pull of that cursor waits for that: what is
 * cut beyond the socket's buffer is lost to such a device until it resets. Only a reset moves a cursor back.
 *
 * <p>The way of a pull: {@code SmartSyncRoutes} or {@code OdooSyncRoutes} read it, {@code Pulls} gives it its turn, finds its
 * cursor ({@code PostgresDevices}) and reads the log ({@code LogReading}); what it acknowledges is written behind it, in
 * batches ({@code Acknowledgements}).
 */
@NullMarked
package dev.hookline.devicesync;

import org.jspecify.annotations.NullMarked;
