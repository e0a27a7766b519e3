package dev.hookline.eventlog;

/** What became of an {@link AppendRequest}. */
public sealed interface AppendResult {
    /** On disk, at positions {@code first} to {@code first + count - 1}. */
    record Appended(long first, int count) implements AppendResult {}

    /** Appended by an earlier request with the same key, at the positions given. */
    record Duplicate(long first, int count) implements AppendResult {}

    /** The database cannot hold this data; trying again does not help. Nothing was stored. */
    record Refused(String reason) implements AppendResult {}

    /** Nothing was stored, and trying again later may help. */
    record Unavailable(String reason) implements AppendResult {}
}
