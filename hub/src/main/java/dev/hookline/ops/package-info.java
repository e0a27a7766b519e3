/**
 * Health, metrics, and what refuses an unsafe start. May use every package; used by none but the root.
 */
@NullMarked
package dev.hookline.ops;

import org.jspecify.annotations.NullMarked;
