/** Measures the hub as a process of its own. Prints tables and writes JSON; never fails for being slow. */
@NullMarked
package dev.hookline.bench;

import org.jspecify.annotations.NullMarked;
