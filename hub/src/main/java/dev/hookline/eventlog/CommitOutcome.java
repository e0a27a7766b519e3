package dev.hookline.eventlog;

import java.util.List;

/** What became of a batch. */
public sealed interface CommitOutcome {
    /**
     * Everything is on disk.
     *
     * @param results one for each request, in the order of the batch
     * @param events what was appended, in position order; without the duplicates
     */
    record Committed(List<AppendResult> results, List<Event> events) implements CommitOutcome {}

    /** Nothing was stored: the database cannot hold something in this batch. */
    record BadData(String reason) implements CommitOutcome {}

    /** Nothing was stored: the database does not answer, or refused for now. */
    record Failed(String reason) implements CommitOutcome {}

    /**
     * The connection was lost before the answer came: everything is on disk, or nothing.
     *
     * @param batch what the log calls this batch, to settle it by
     */
    record Unknown(String batch) implements CommitOutcome {}
}
