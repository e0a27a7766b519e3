package dev.hookline.delivery;

/** Secrets as they are shown: enough to tell one from another, where it is long enough for that. */
final class Masked {
    /** What every masked text begins with. */
    static final String MARK = "…";

    private static final int HINT_CHARS = 4;
    private static final int SHORT_CHARS = 16;

    private Masked() {}

    /** The last four characters of a long one, nothing of a short one. */
    static String value(String secret) {
        return secret.length() < SHORT_CHARS ? MARK : MARK + secret.substring(secret.length() - HINT_CHARS);
    }

    /** The scheme stays: {@code Bearer …}. */
    static String authorization(String header) {
        int space = header.indexOf(' ');
        return space < 0 ? MARK : header.substring(0, space + 1) + MARK;
    }
}
