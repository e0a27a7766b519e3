package dev.hookline.eventlog;

import java.util.List;

/** Those of one kind that still have to read the log: retention asks them before it drops what they need. Calls block. */
public interface LogReaders {
    /**
     * A reader that is not through with a part of the log.
     *
     * @param who as operators know it: {@code cursor fan-out}, {@code subscription 7}
     * @param position the lowest it still has to read
     */
    record Need(String who, long position) {}

    /** Those who still need an event at this position or below. */
    List<Need> needs(long upTo);

    /** Lets everybody do without the events up to a position: they are about to be dropped. */
    void giveUp(long upTo);
}
