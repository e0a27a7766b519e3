/**
 * GraphQL over the features: queries, mutations, and subscriptions that are cursors on the log. What is listed with other
 * things of the same kind is loaded with them, in one statement.
 */
@NullMarked
package dev.hookline.graphql;

import org.jspecify.annotations.NullMarked;
