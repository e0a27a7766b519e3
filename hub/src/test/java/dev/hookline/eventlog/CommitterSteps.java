package dev.hookline.eventlog;

/** A committer's step, for a scheduler in another package. */
public final class CommitterSteps {
    /** What the step leaves to wait for. */
    public enum Next {
        AT_ONCE,
        A_REQUEST,
        THE_DATABASE
    }

    private CommitterSteps() {}

    public static Next step(Committer committer) {
        return switch (committer.step()) {
            case WORKED -> Next.AT_ONCE;
            case IDLE -> Next.A_REQUEST;
            case WAITING -> Next.THE_DATABASE;
        };
    }
}
