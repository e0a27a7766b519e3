/**
 * Router, error envelopes, OpenAPI documents and request limits.
 */
@NullMarked
package dev.hookline.http;

import org.jspecify.annotations.NullMarked;
