/**
 * Clock, ids, JSON, HMAC and limits: the only place that touches time and randomness. Uses no other package.
 */
@NullMarked
package dev.hookline.kernel;

import org.jspecify.annotations.NullMarked;
