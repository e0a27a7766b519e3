package dev.hookline.intake.signature;

import java.time.Instant;
import java.util.Optional;

/** A way to prove who sends, with its secret. Immutable, and safe for many threads. */
public interface Scheme {
    /** Judges a call. Does not block. */
    Verdict verify(SignedCall call, Instant now);

    /** Does what a sender does; empty where only the sender can, having the private key. */
    Optional<Proof> prove(byte[] body, String id, Instant now);
}
