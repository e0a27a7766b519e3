/**
 * A client of the Hookline hub for Java 17 and newer, without dependencies: publishes events, each exactly once, and verifies
 * the webhooks that the hub sends.
 */
@NullMarked
package dev.hookline.client;

import org.jspecify.annotations.NullMarked;
