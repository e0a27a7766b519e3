/** The command line and the composition root. */
@org.jspecify.annotations.NullMarked
package dev.hookline;
