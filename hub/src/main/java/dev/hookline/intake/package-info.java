/**
 * Webhooks in: verify the signature over the raw bytes, map, append, and answer after the commit.
 */
@NullMarked
package dev.hookline.intake;

import org.jspecify.annotations.NullMarked;
