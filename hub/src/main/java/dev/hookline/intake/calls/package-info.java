/** The log of calls: every request to a receiver, refused ones too, written behind the answers. */
@NullMarked
package dev.hookline.intake.calls;

import org.jspecify.annotations.NullMarked;
