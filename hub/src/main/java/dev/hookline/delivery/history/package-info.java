/**
 * What became of deliveries, and what people do about it: the lists, attempts and dead letters that a tenant sees, and
 * replays.
 */
@NullMarked
package dev.hookline.delivery.history;

import org.jspecify.annotations.NullMarked;
