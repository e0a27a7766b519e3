/**
 * Hookline: {@link dev.hookline.Main} is the command line, {@link dev.hookline.Hub} the one composition root.
 */
@NullMarked
package dev.hookline;

import org.jspecify.annotations.NullMarked;
