/**
 * Where the hub keeps its data: a PostgreSQL of its own that it runs and supervises ({@code EmbeddedPostgres}), or one
 * that somebody else runs; a pool of connections to either ({@code Database}).
 *
 * <p>The folder of an embedded PostgreSQL:
 *
 * <pre>
 * home/
 *   hub.lock           held for life by the one hub that works here; holds its process id
 *   postgres/          appears in one piece, complete, or not at all
 *     password         of the role hookline, mode 0600
 *     server.log       what the server says, put aside at a start when it is large
 *     data/            the cluster
 *       hookline.conf  our settings, written before each start
 * </pre>
 */
@org.jspecify.annotations.NullMarked
package dev.hookline.postgres;
