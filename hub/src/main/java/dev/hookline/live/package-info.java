/**
 * What follows the log live: server-sent events and WebSocket. Every client is a {@link dev.hookline.live.Cursor} with an
 * {@link dev.hookline.live.Outlet}: a position, and a socket that takes what follows it when it can.
 */
@NullMarked
package dev.hookline.live;

import org.jspecify.annotations.NullMarked;
