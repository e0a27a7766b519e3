package dev.hookline.intake.signature;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** What a scheme says of a call. */
public sealed interface Verdict {
    /**
     * The sender knows the secret.
     *
     * @param id what makes this call one of its kind and is signed with it: the message's id, or a signature over its time.
     *     Who sends the call again, the sender or someone who listened, sends it under the same id. Null where the scheme
     *     signs no time
     */
    record Verified(@Nullable String id) implements Verdict {
        static final Verified WITHOUT_ID = new Verified(null);
    }

    /**
     * No event, but the sender asking whether someone is there.
     *
     * @param answer what it wants to hear
     */
    record Greeting(ObjectNode answer) implements Verdict {}

    /**
     * Nothing is proved.
     *
     * @param reason for the log of calls; the sender is not told
     */
    record Refused(String reason) implements Verdict {}
}
