/**
 * The log over REST, as a tenant sees it.
 */
@NullMarked
package dev.hookline.events;

import org.jspecify.annotations.NullMarked;
