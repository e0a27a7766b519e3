package dev.hookline.intake.signature;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Asks for no proof. */
final class NoScheme implements Scheme {
    @Override
    public Verdict verify(SignedCall call, Instant now) {
        return Verdict.Verified.WITHOUT_ID;
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        return Optional.of(Proof.headers(Map.of()));
    }
}
