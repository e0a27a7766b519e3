/**
 * The durable, ordered log, and the meaning of a <em>position</em>.
 *
 * <ul>
 *   <li><b>L1 prefix.</b> Who sees position p has seen, or can read, every position below p.
 *   <li><b>L2 dense.</b> Positions have no gaps, but for the jumps recorded after a restore.
 *   <li><b>L3 order.</b> Position order is commit order, and {@code received_at} never falls as positions rise. All
 *       events of one commit share one {@code received_at}.
 * </ul>
 *
 * <p>An append takes the single row of {@code log_head} by {@code UPDATE … RETURNING}. The lock on that row is held to
 * the end of the transaction, so that no two appends overlap between taking positions and committing, on any number of
 * nodes.
 *
 * <p>The way of an event: {@link dev.hookline.eventlog.Committer} gathers requests into batches, {@link
 * dev.hookline.eventlog.EventLog} commits a batch, {@link dev.hookline.eventlog.Tail} shows it to the readers.
 */
@NullMarked
package dev.hookline.eventlog;

import org.jspecify.annotations.NullMarked;
