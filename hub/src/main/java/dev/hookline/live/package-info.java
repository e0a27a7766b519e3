/**
 * Server-sent events: every client is a cursor over the log.
 */
@NullMarked
package dev.hookline.live;

import org.jspecify.annotations.NullMarked;
