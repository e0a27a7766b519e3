/**
 * The latest state per (tenant, model, key), committed in the same transaction as the event that changed it.
 */
@NullMarked
package dev.hookline.records;

import org.jspecify.annotations.NullMarked;
