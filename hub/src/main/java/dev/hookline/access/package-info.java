/**
 * Who may enter: tenants, users, tokens, and secrets at rest.
 */
@NullMarked
package dev.hookline.access;

import org.jspecify.annotations.NullMarked;
