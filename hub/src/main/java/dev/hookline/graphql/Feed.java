package dev.hookline.graphql;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription asks for.
 *
 * @param models empty for all of them
 * @param after a position that the client has seen; null for only what is new
 */
record Feed(Set<String> models, @Nullable Long after) {}
