/**
 * Subscriptions, fan-out, signed delivery, retry, dead letters.
 */
@NullMarked
package dev.hookline.delivery;

import org.jspecify.annotations.NullMarked;
