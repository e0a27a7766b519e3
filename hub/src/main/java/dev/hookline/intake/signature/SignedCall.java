package dev.hookline.intake.signature;

import org.jspecify.annotations.Nullable;

/** What a scheme looks at in a call. */
public interface SignedCall {
    /** The body's bytes as they came. Not to be changed. */
    byte[] body();

    /** A header, its name in any case; null when it is absent. */
    @Nullable
    String header(String name);

    /** A query parameter; null when it is absent. */
    @Nullable
    String query(String name);

    /** What follows the source in the path; null when nothing does. */
    @Nullable
    String pathSecret();
}
