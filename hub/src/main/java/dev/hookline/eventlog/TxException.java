package dev.hookline.eventlog;

/** The storage refused something inside a transaction. The cause says what. */
public final class TxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TxException(Throwable cause) {
        super(cause);
    }
}
