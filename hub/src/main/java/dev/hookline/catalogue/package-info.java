/**
 * The event types that are known: the built-in ones and each tenant's own, with JSON Schemas and samples; and the rules that
 * give a change of an ERP's record its business event type.
 */
@NullMarked
package dev.hookline.catalogue;

import org.jspecify.annotations.NullMarked;
