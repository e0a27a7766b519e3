/**
 * How senders prove who they are: one class for each scheme, chosen by name and parameters. All compare in constant time,
 * over raw bytes.
 */
@NullMarked
package dev.hookline.intake.signature;

import org.jspecify.annotations.NullMarked;
