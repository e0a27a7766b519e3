package dev.hookline.graphql;

import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.access.Principal;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one execution may use: so much time, so many bytes of what it reads and of what it answers, and only as long as its
 * client is there. What it holds it keeps until it is ended, which is when the answer is sent.
 */
final class Allowance {
    /** For all of an execution; a statement under way may exceed it by what it may take itself. */
    static final Duration TIME_MAX = Duration.ofSeconds(15);

    /** Of one answer, names included. */
    static final int ANSWER_BYTES_MAX = 16 << 20;

    /** Of one message over a socket. */
    static final int MESSAGE_BYTES_MAX = 4 << 20;

    private static final long READ_BYTES_MAX = 32L << 20;
    private static final int HELD_AT_ONCE_BYTES = 256 << 10;

    /** What a value costs beside its text: quotes, commas and braces, or a number's digits. */
    private static final int VALUE_BYTES = 24;

    private final Time time;
    private final Shares shares;
    private final Principal caller;
    private final int answerBytesMax;
    private final long untilNanos;
    private final AtomicLong held = new AtomicLong();
    private long answerBytes;
    private long readBytes;
    private volatile boolean ended;
    private @Nullable GraphProblem stopped;

    Allowance(Time time, Shares shares, Principal caller, int answerBytesMax) {
        this.time = time;
        this.shares = shares;
        this.caller = caller;
        this.answerBytesMax = answerBytesMax;
        this.untilNanos = time.nanos() + TIME_MAX.toNanos();
    }

    /** Stops what is under way for a client that has left, and gives back what was held. */
    void end() {
        ended = true;
        release();
    }

    private void release() {
        long all = held.getAndSet(0);
        if (all > 0) {
            shares.release(caller, all);
        }
    }

    /** What it was stopped by; null for nothing. */
    @Nullable
    GraphProblem stopped() {
        return stopped;
    }

    /** Before each read. */
    void mayGoOn() {
        if (stopped != null) {
            throw stopped;
        }
        if (ended) {
            throw stop(new GraphProblem(503, null, "The client has left"));
        }
        if (time.nanos() - untilNanos >= 0) {
            throw stop(new GraphProblem(
                    504, null, "This takes longer than " + TIME_MAX.toSeconds() + " s: ask for less at once"));
        }
    }

    private GraphProblem stop(GraphProblem problem) {
        stopped = problem;
        return problem;
    }

    /** Counts what was read from the database. */
    void read(long bytes) {
        readBytes += bytes;
        if (readBytes > READ_BYTES_MAX) {
            throw stop(new GraphProblem(
                    422, "limit", "What this reads is larger than " + (READ_BYTES_MAX >> 20) + " MB: ask for fewer"));
        }
        hold();
    }

    /** Counts a field of the answer; what consists of fields counts by these. */
    void answer(String name, @Nullable Object value) {
        answerBytes += bytes(name) + VALUE_BYTES + bytes(value);
        if (answerBytes > answerBytesMax) {
            throw stop(new GraphProblem(
                    422,
                    name,
                    "The answer is too large: '" + cut(name) + "' is beyond " + (answerBytesMax >> 20)
                            + " MB; ask for less"));
        }
        hold();
    }

    private void hold() {
        long lacking = answerBytes + readBytes - held.get();
        if (lacking <= 0) {
            return;
        }
        long more = Math.max(lacking, HELD_AT_ONCE_BYTES);
        if (!shares.hold(caller, more)) {
            throw stop(new GraphProblem(503, null, "The hub has no memory to spare for this; try again shortly"));
        }
        held.addAndGet(more);
        if (ended) {
            release();
        }
    }

    private static long bytes(@Nullable Object value) {
        return switch (value) {
            case String text -> bytes(text);
            case RawValue raw -> bytes(String.valueOf(raw.rawValue()));
            case Collection<?> all ->
                all.stream()
                        .mapToLong(one -> one instanceof String text ? bytes(text) + 3 : 0)
                        .sum();
            case null, default -> 0;
        };
    }

    /** In UTF-8. */
    private static long bytes(String text) {
        long bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes += c < 0x80 ? 0 : c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
        }
        return bytes;
    }

    private static String cut(String name) {
        return name.length() <= 40 ? name : name.substring(0, 40);
    }
}
