package dev.hookline.kernel;

/** The limits that more than one package has to know. Each name carries its unit. */
public final class Limits {
    /** Largest body of one webhook (decision 2). */
    public static final int WEBHOOK_BYTES_MAX = 1 << 20;

    /** Largest body of one publish request (decision 2). */
    public static final int PUBLISH_BYTES_MAX = 16 << 20;

    /** Largest message of a client over WebSocket. */
    public static final int SOCKET_MESSAGE_BYTES_MAX = 64 << 10;

    /** Deepest nesting of objects and arrays in a body. */
    public static final int JSON_DEPTH_MAX = 200;

    /** Longest number in a body when written out in full; a double needs at most 309 digits before the point. */
    public static final int NUMBER_DIGITS_MAX = 400;

    /** Longest record key, source name, model or event type. */
    public static final int NAME_CHARS_MAX = 255;

    private Limits() {}
}
